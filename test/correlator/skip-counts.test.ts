import { expect, test } from 'vitest';
import { SkipCounts } from '../../src/correlator/skip-counts.ts';

test('counts each reason of each kind of Event, and begins anew when asked', () => {
  const counts = new SkipCounts();
  for (const eventReason of ['OOMKilling', 'SystemOOM', 'OOMKilling']) {
    counts.add('held', eventReason);
  }
  expect(counts.take()).toEqual([
    { reason: 'held', eventReason: 'OOMKilling', count: 2 },
    { reason: 'held', eventReason: 'SystemOOM', count: 1 },
  ]);
  expect(counts.take()).toEqual([]);
});
