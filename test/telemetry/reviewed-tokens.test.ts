import { beforeEach, expect, test, vi } from 'vitest';
import type { Refusal, Wanted } from '../../src/kube/token-reviewer.ts';
import { type ReviewToken, reviewTokens } from '../../src/telemetry/reviewed-tokens.ts';
import { FakeClock } from '../support/fake-clock.ts';

const REVIEWS_AT_ONCE = 10;
const SHOP: Wanted = { kind: 'pods', namespace: 'shop' };
const ALL: Wanted = { kind: 'pods', namespace: undefined };
const METRICS: Wanted = { kind: 'metrics' };

const mayGet = vi.fn<(token: string, wanted: Wanted) => Promise<Refusal>>();
let clock: FakeClock;
let review: ReviewToken;

beforeEach(() => {
  mayGet.mockReset().mockImplementation(async (token) => (token === 'good' ? undefined : 'no'));
  clock = new FakeClock();
  review = reviewTokens(mayGet, clock);
});

test('a token is reviewed once in ten seconds, by what is wanted, good or not', async () => {
  for (const token of ['good', 'bad']) {
    for (let n = 0; n < 5; n += 1) await review(token, SHOP);
  }
  expect(await review('good', SHOP)).toBeUndefined();
  expect(await review('bad', SHOP)).toBe('no');
  await review('good', ALL);
  await review('good', METRICS);
  expect(mayGet.mock.calls).toEqual([
    ['good', SHOP],
    ['bad', SHOP],
    ['good', ALL],
    ['good', METRICS],
  ]);
  await clock.advance(9_999);
  await review('good', SHOP);
  expect(mayGet).toHaveBeenCalledTimes(4);
  await clock.advance(1);
  mayGet.mockResolvedValue('not any more');
  expect(await review('good', SHOP)).toBe('not any more');
});

test('what is asked at the same time is asked once', async () => {
  await Promise.all([review('good', SHOP), review('good', SHOP)]);
  expect(mayGet).toHaveBeenCalledTimes(1);
});

test('a flood of tokens is not passed on, and what is known is told', async () => {
  const answers = Array.from({ length: 1000 }, (_, n) => review(`guess ${n}`, SHOP));
  expect(answers.filter((answer) => answer === 'busy')).toHaveLength(1000 - REVIEWS_AT_ONCE);
  expect(await review('guess 0', SHOP)).toBe('no');
  await clock.advance(1000);
  expect(await review('good', SHOP)).toBeUndefined();
  expect(mayGet).toHaveBeenCalledTimes(REVIEWS_AT_ONCE + 1);
});
