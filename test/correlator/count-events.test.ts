import { expect, test } from 'vitest';
import { countEvent, observationOf } from '../../src/correlator/count-events.ts';
import { killEvent, START_MS } from '../support/kill-event.ts';

test('an Event seen before has the name and the beginning of the first, and one more', () => {
  const first = killEvent({ atMs: 0, id: 1 });
  const again = countEvent(killEvent({ atMs: 700, id: 2 }), observationOf(first));
  expect(observationOf(again)).toEqual({ name: first.metadata.name, count: 2, firstMs: START_MS });
  expect(again.lastTimestamp).toEqual(new Date(START_MS + 700));
});

test('an Event not seen before is itself', () => {
  const event = killEvent({ atMs: 0, id: 1 });
  expect(countEvent(event, undefined)).toBe(event);
});

test('a wall clock that was set back does not let an Event end before it began', () => {
  const first = killEvent({ atMs: 900, id: 1 });
  const again = countEvent(killEvent({ atMs: 0, id: 2 }), observationOf(first));
  expect(again.lastTimestamp).toEqual(first.firstTimestamp);
});
