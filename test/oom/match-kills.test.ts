import { describe, expect, test } from 'vitest';
import { matchKills, type CountedKill, type CounterStep } from '../../src/oom/match-kills.ts';

const kill = (ordinal: number, more: Partial<CountedKill> = {}): CountedKill => ({
  sequence: 100 + ordinal,
  ordinal,
  ...more,
});
const step = (cgroup: string, more: Partial<CounterStep> = {}): CounterStep => ({
  cgroup,
  source: 'counters',
  kills: 1,
  after: 0,
  upTo: 9,
  ...more,
});
const evidence = (cgroup: string) => ({ cgroup, source: 'counters' });
const oneOf = (cgroup: string) => ({ ...evidence(cgroup), isOneOfSeveral: true });

describe('matchKills', () => {
  test.each<[string, CountedKill[], CounterStep[], [number, object][] | undefined]>([
    ['one kill and one step belong together', [kill(1)], [step('/a')], [[101, evidence('/a')]]],
    [
      'as many kills as steps of one cgroup were all there',
      [kill(1), kill(2)],
      [step('/a', { kills: 2 })],
      [
        [101, evidence('/a')],
        [102, evidence('/a')],
      ],
    ],
    [
      'two kills and two cgroups: each gets one, nobody is named',
      [kill(1), kill(2)],
      [step('/a'), step('/b')],
      [
        [101, oneOf('/a')],
        [102, oneOf('/b')],
      ],
    ],
    [
      'one of two cgroups is gone: the other had a kill, whichever it was',
      [kill(1), kill(2)],
      [step('/a')],
      [[101, oneOf('/a')]],
    ],
    [
      'a step seen before the second kill was counted is the first one’s',
      [kill(1), kill(2)],
      [step('/a', { upTo: 1 }), step('/b')],
      [
        [101, evidence('/a')],
        [102, evidence('/b')],
      ],
    ],
    [
      'a kill of a known cgroup takes its own step',
      [kill(1, { counters: ['/a'] }), kill(2)],
      [step('/a'), step('/b')],
      [
        [101, evidence('/a')],
        [102, evidence('/b')],
      ],
    ],
    [
      'the main process of a container whose pod had a kill: likely, and no proof of where the others were',
      [kill(1, { likely: '/pod-b/c' }), kill(2)],
      [step('/pod-a', { source: 'pod-counter' }), step('/pod-b', { source: 'pod-counter' })],
      [
        [101, { ...oneOf('/pod-b'), source: 'pod-counter', likely: '/pod-b/c' }],
        [102, { ...oneOf('/pod-a'), source: 'pod-counter' }],
      ],
    ],
    [
      'a likely place says nothing against a certain one',
      [kill(1, { likely: '/pod-a/c' })],
      [step('/pod-a', { source: 'pod-counter' })],
      [[101, { cgroup: '/pod-a', source: 'pod-counter' }]],
    ],
    [
      'the pid of a main process whose own counter stood still: it is somebody else’s by now',
      [kill(1, { likely: '/pod/c' }), kill(2)],
      [step('/pod', { source: 'pod-counter', unmoved: ['/pod/c'] }), step('/b')],
      [
        [101, { ...oneOf('/pod'), source: 'pod-counter', unmoved: ['/pod/c'] }],
        [102, oneOf('/b')],
      ],
    ],
    [
      'a likely place that leaves the others none is not the right one',
      [kill(1, { likely: '/c' }), kill(2), kill(3), kill(4)],
      [step('/a', { upTo: 2 }), step('/b', { upTo: 2 }), step('/c')],
      [
        [101, oneOf('/a')],
        [102, oneOf('/b')],
        [103, oneOf('/c')],
      ],
    ],
    [
      'the pid of a main process whose pod had none: it is somebody else’s by now',
      [kill(1, { likely: '/pod-c/c' }), kill(2)],
      [step('/a'), step('/b')],
      [
        [101, oneOf('/a')],
        [102, oneOf('/b')],
      ],
    ],
    [
      'two main processes of a pod in which one was killed: one of them has another’s pid',
      [kill(1, { likely: '/pod/c' }), kill(2, { likely: '/pod/d' })],
      [step('/pod'), step('/b')],
      [
        [101, oneOf('/pod')],
        [102, oneOf('/b')],
      ],
    ],
    ['a kill that moved no counter stays unknown', [kill(1)], [], []],
    ['more steps than kills: the premise is wrong', [kill(1)], [step('/a'), step('/b')], undefined],
    [
      'a step that no kill fits: the premise is wrong',
      [kill(5)],
      [step('/a', { upTo: 4 })],
      undefined,
    ],
  ])('%s', (_, kills, steps, expected) => {
    const matched = matchKills(kills, steps);
    expect(matched && new Map(matched)).toEqual(expected && new Map(expected as [number, never][]));
  });
});
