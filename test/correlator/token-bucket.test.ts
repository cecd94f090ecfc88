import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fullBucket, nextTokenAtMs, takeToken } from '../../src/correlator/token-bucket.ts';

/** client-go's: 25 at once, one every 5 minutes. */
const RATE = { burstSize: 25, qps: Math.fround(1 / 300) };

test('is empty after the burst, and has one token every 300 s', () => {
  let bucket = fullBucket(RATE, 0);
  for (let taken = 0; taken < 25; taken += 1) bucket = takeToken(bucket, 0, RATE) ?? bucket;
  expect(bucket.tokens).toBe(0);
  expect(takeToken(bucket, 299_999, RATE)).toBeUndefined();
  expect(takeToken(bucket, 300_000, RATE)?.tokens).toBeCloseTo(0, 6);
  expect(nextTokenAtMs(bucket, RATE)).toBe(300_000);
});

test('never holds more than the burst', () => {
  expect(takeToken(fullBucket(RATE, 0), 1e12, RATE)?.tokens).toBe(24);
});

test('has its next token at once while one is left', () => {
  expect(nextTokenAtMs({ tokens: 1, lastMs: 7 }, RATE)).toBe(7);
});

test.each([
  ['none ever returns', { burstSize: 1, qps: -1 }],
  ['it holds less than one', { burstSize: -1, qps: 1 }],
  ['the universe is younger', { burstSize: 1, qps: 1e-30 }],
])('has no next token when %s', (_, rate) => {
  expect(nextTokenAtMs({ tokens: 0, lastMs: 0 }, rate)).toBe(Infinity);
});

test('the next token is there at its time, and not a millisecond before', () => {
  const rate = fc.record({
    burstSize: fc.integer({ min: 1, max: 30 }),
    qps: fc.constantFrom(0.5, 1 / 7, 1 / 60, 1 / 300, 3, 1000).map(Math.fround),
  });
  const tokens = fc.double({ min: -1e-9, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(rate, tokens, fc.integer({ min: 0, max: 1e13 }), (rate, tokens, lastMs) => {
      const bucket = { tokens, lastMs };
      const dueMs = nextTokenAtMs(bucket, rate);
      expect(takeToken(bucket, dueMs, rate)).toBeDefined();
      const isEarlierEmpty = dueMs === lastMs || takeToken(bucket, dueMs - 1, rate) === undefined;
      expect(isEarlierEmpty).toBe(true);
    }),
  );
});
