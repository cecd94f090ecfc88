import { beforeEach, expect, test, vi } from 'vitest';
import type { Refusal } from '../../src/kube/token-reviewer.ts';
import { ReviewedTokens } from '../../src/telemetry/reviewed-tokens.ts';
import { FakeClock } from '../support/fake-clock.ts';

const REVIEWS_AT_ONCE = 10;

const mayGetPods = vi.fn<(token: string, namespace: string | undefined) => Promise<Refusal>>();
let clock: FakeClock;
let tokens: ReviewedTokens;

beforeEach(() => {
  mayGetPods.mockReset().mockImplementation(async (token) => (token === 'good' ? undefined : 'no'));
  clock = new FakeClock();
  tokens = new ReviewedTokens({ mayGetPods }, clock);
});

test('a token is reviewed once in ten seconds, by namespace, good or not', async () => {
  for (const token of ['good', 'bad']) {
    for (let n = 0; n < 5; n += 1) await tokens.mayGetPods(token, 'shop');
  }
  expect(await tokens.mayGetPods('good', 'shop')).toBeUndefined();
  expect(await tokens.mayGetPods('bad', 'shop')).toBe('no');
  await tokens.mayGetPods('good', undefined);
  expect(mayGetPods.mock.calls).toEqual([
    ['good', 'shop'],
    ['bad', 'shop'],
    ['good', undefined],
  ]);
  await clock.advance(9_999);
  await tokens.mayGetPods('good', 'shop');
  expect(mayGetPods).toHaveBeenCalledTimes(3);
  await clock.advance(1);
  mayGetPods.mockResolvedValue('not any more');
  expect(await tokens.mayGetPods('good', 'shop')).toBe('not any more');
});

test('what is asked at the same time is asked once', async () => {
  await Promise.all([tokens.mayGetPods('good', 'shop'), tokens.mayGetPods('good', 'shop')]);
  expect(mayGetPods).toHaveBeenCalledTimes(1);
});

test('a flood of tokens is not passed on, and what is known is told', async () => {
  const answers = Array.from({ length: 1000 }, (_, n) => tokens.mayGetPods(`guess ${n}`, 'shop'));
  expect(answers.filter((answer) => answer === 'busy')).toHaveLength(1000 - REVIEWS_AT_ONCE);
  expect(await tokens.mayGetPods('guess 0', 'shop')).toBe('no');
  await clock.advance(1000);
  expect(await tokens.mayGetPods('good', 'shop')).toBeUndefined();
  expect(mayGetPods).toHaveBeenCalledTimes(REVIEWS_AT_ONCE + 1);
});
