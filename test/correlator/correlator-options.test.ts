import { expect, test } from 'vitest';
import { withDefaults } from '../../src/correlator/correlator-options.ts';

test("the defaults are client-go's, and so is 0", () => {
  const zeros = { lruCacheSize: 0, burstSize: 0, qps: 0, maxEvents: 0, maxIntervalInSeconds: 0 };
  expect(withDefaults(zeros)).toMatchObject({
    lruCacheSize: 4096,
    burstSize: 25,
    qps: Math.fround(1 / 300),
    maxEvents: 10,
    maxIntervalInSeconds: 600,
    catchUp: true,
  });
});

test('a negative number of Events is never reached, as in Go', () => {
  expect(withDefaults({ maxEvents: -1 }).maxEvents).toBe(Infinity);
});
