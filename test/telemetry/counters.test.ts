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

test.each([
  ['', { outputs: { influx: { written: 5 } } }],
  [', from where version 0.1 kept it', { points: { written: 5 } }],
])('what went to an output goes on%s, whether it is asked for or not', (_, saved) => {
  const make = (from: unknown): Counters => {
    const counters = new Counters(
      () => [],
      () => KILLED_AT_MS,
    );
    counters.restore(JSON.parse(JSON.stringify(from)));
    return counters;
  };
  const unasked = make(make(saved));
  const counts = unasked.output('influx', ['written', 'expired']);
  counts.add('written', 2);
  expect([...make(unasked).output('influx', ['written', 'expired']).entries()]).toEqual([
    ['written', 7],
    ['expired', 0],
  ]);
});
