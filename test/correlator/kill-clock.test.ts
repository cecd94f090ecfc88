import { expect, test } from 'vitest';
import { advanceClock, type ClockState, KillClock } from '../../src/correlator/kill-clock.ts';
import { RowMap } from '../../src/correlator/row-map.ts';

const HOUR_MS = 3_600_000;

test.each([
  ['begins where the first kill is', undefined, 5, { nowMs: 5, offsetMs: 0 }],
  ['goes on', { nowMs: 5, offsetMs: 0 }, 9, { nowMs: 9, offsetMs: 0 }],
  ['stands still for a late kill', { nowMs: 9, offsetMs: 0 }, 5, { nowMs: 9, offsetMs: 0 }],
  [
    'goes on from where it stands when the wall clock was set back',
    { nowMs: 30 * HOUR_MS, offsetMs: 0 },
    HOUR_MS,
    { nowMs: 30 * HOUR_MS, offsetMs: 29 * HOUR_MS },
  ],
  ['keeps that offset', { nowMs: 9, offsetMs: 4 }, 7, { nowMs: 11, offsetMs: 4 }],
])('%s', (_, before, atMs, after) => {
  expect(advanceClock(before, atMs)).toEqual(after);
});

test('tells the wall time at which it shows a time, or now', () => {
  const clock = new KillClock(
    new RowMap([{ key: '', value: { nowMs: 100, offsetMs: 10 }, order: 1 }]),
  );
  expect([clock.wallTimeOf(150), clock.wallTimeOf(-Infinity)]).toEqual([140, 90]);
});

test('is a row that changes with every kill', () => {
  const state = new RowMap<ClockState>();
  const clock = new KillClock(state);
  expect(clock.advance(5)).toBe(5);
  expect(state.takeChanges()).toEqual([{ key: '', value: { nowMs: 5, offsetMs: 0 }, order: 1 }]);
});
