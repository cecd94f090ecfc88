import { expect, test } from 'vitest';
import { Counters } from '../../src/telemetry/counters.ts';
import { KILLED_AT_MS } from '../support/telemetry.ts';

test('whose a withheld kill was is never told by the context itself', () => {
  const { suppressed } = new Counters(
    () => [],
    () => KILLED_AT_MS,
  );
  expect([...suppressed.entries()].map(([source]) => source)).toEqual([
    'group-line',
    'proc',
    'snapshot',
    'main-process',
    'counters',
    'pod-counter',
    'pod-status',
    'none',
  ]);
});
