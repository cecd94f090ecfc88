import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FailedAttempt, judgeFailure } from '../../src/outputs/judge-failure.ts';
import { classifyApiError } from '../../src/outputs/kube-sink.ts';
import { proxyRefusal, refusal } from '../support/fake-sink.ts';

const DAY_MS = 24 * 60 * 60_000;

const judge = (err: unknown, attempt: FailedAttempt) =>
  judgeFailure(classifyApiError(err), attempt);

describe('judgeFailure', () => {
  const attempt = { failures: 1, ageMs: 0, random: 0 };

  test('gives up only what might have worked later; a refusal is a refusal at any age', () => {
    const old = { ...attempt, ageMs: DAY_MS };
    expect(judge(refusal(500), old)).toEqual({ outcome: 'gave-up', quiet: false });
    expect(judge(refusal(422), old)).toEqual({ outcome: 'refused', quiet: false });
  });

  test('never waits less than its own back-off, whatever the server asks for', () => {
    expect(judge(refusal(429, {}, '1'), { ...attempt, failures: 20 })).toMatchObject({
      delayMs: 30_000,
    });
  });

  test('waits longer and longer for who was refused, ten minutes at most', () => {
    for (const [failures, delayMs] of [
      [1, 250],
      [9, 64_000],
      [5000, 300_000],
    ] as const) {
      for (const err of [refusal(403), proxyRefusal(413)])
        expect(judge(err, { ...attempt, failures })).toEqual({
          outcome: 'retried',
          delayMs,
        });
    }
  });

  test('always waits, and at most five minutes, after anything that may be thrown', () => {
    fc.assert(
      fc.property(fc.anything(), fc.nat(), fc.nat(), (err, failures, retryAfter) => {
        const thrown = [err, refusal(429, {}, String(retryAfter))];
        for (const each of thrown) {
          const judgement = judge(each, { ...attempt, failures: failures + 1 });
          expect(judgement.outcome).toBe('retried');
          if (judgement.outcome !== 'retried') return;
          expect(judgement.delayMs).toBeGreaterThanOrEqual(250);
          expect(judgement.delayMs).toBeLessThanOrEqual(300_000);
        }
      }),
    );
  });
});
