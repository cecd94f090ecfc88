import { describe, expect, test } from 'vitest';
import { describePlan, planOf } from './plan.ts';
import { type Trouble, WHIMS } from './plan-troubles.ts';

const FOR_MS = 120_000;
const SEEDS = Array.from({ length: 20 }, (_, n) => n + 1);
const plans = SEEDS.map((seed) => planOf(seed, FOR_MS));

test('a seed repeats its plan', () => {
  expect(planOf(7, FOR_MS)).toEqual(planOf(7, FOR_MS));
  expect(planOf(7, FOR_MS)).not.toEqual(planOf(8, FOR_MS));
});

test('a kept seed means what it meant', () => {
  expect(describePlan(planOf(1, 20_000))).toMatchInlineSnapshot(`
    "seed 1, 20 s
    kills: 47 told, 9 group, 5 stranger, 4 withheld, 2 nested, 3 forged, 2 system
    pods: 9 plain, 1 static, 1 huge, 1 idle, 2 claim; later: late-0@3-8.3 late-0@9.7- late-1@9.7-
    network: answers[60% gone,server-error]@2+7.9 hang-up@13.8+3.9 answers[100% answer-lost]@19.2+0.8
    process: kill@5.1+2.7 kill@13.7+1.6
    resources: disk-full@12+4.6
    clock: clock[-60]@5.6+0 clock[10800]@15.2+0"
  `);
});

describe.each(plans)('the plan of seed $seed', ({ pods, kills, troubles }) => {
  test('has some hundred kills, in pods where somebody may be killed', () => {
    expect(kills.length).toBeGreaterThan(200);
    const kinds = new Set(kills.map(({ pod }) => pods[pod]?.kind));
    expect(kinds).toEqual(new Set(['huge', 'plain', 'static']));
  });

  test('kills nobody before the pod is there', () => {
    const early = kills.filter(({ atMs, pod }) => atMs < (pods[pod]?.atMs ?? Infinity));
    expect(early).toEqual([]);
  });

  test('has one trouble of a lane after the other, all in time', () => {
    for (const lane of Map.groupBy(troubles, (trouble) => trouble.lane).values()) {
      const edges = lane.flatMap(({ atMs, forMs }) => [atMs, atMs + forMs]);
      expect(edges).toEqual(edges.toSorted((a, b) => a - b));
      expect(edges.at(-1)).toBeLessThanOrEqual(FOR_MS);
    }
  });

  test('gives a name to two pods only one after the other', () => {
    const names = Map.groupBy(pods, ({ namespace, name }) => `${namespace}/${name}`);
    for (const [first, second] of names.values()) {
      if (second !== undefined) expect(second.atMs).toBeGreaterThan(first?.endMs ?? Infinity);
    }
  });
});

test('in twenty seeds everything goes wrong that may', () => {
  const troubles = plans.flatMap((plan) => plan.troubles);
  const kinds = new Set<Trouble['kind']>(troubles.map(({ kind }) => kind));
  expect([...kinds].toSorted()).toEqual([
    'answers',
    'clock',
    'descriptors',
    'disk-full',
    'hang-up',
    'kill',
    'no-connection',
    'stop',
    'term',
    'throttle',
    'wrong-certificate',
  ]);
  const whims = new Set(troubles.flatMap((one) => (one.kind === 'answers' ? one.whims : [])));
  expect([...whims].toSorted()).toEqual(WHIMS.toSorted());
});
