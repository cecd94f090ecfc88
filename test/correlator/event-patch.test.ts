import { expect, test } from 'vitest';
import { encodePatch, patchOf } from '../../src/correlator/event-patch.ts';
import { killEvent } from '../support/kill-event.ts';

test('has the three fields, sorted, its seconds cut', () => {
  const event = { ...killEvent({ atMs: 4999, id: 1, message: 'm' }), count: 6 };
  expect(encodePatch(patchOf(event))).toBe(
    '{"count":6,"lastTimestamp":"2026-11-21T12:00:04Z","message":"m"}',
  );
});

test('leaves out what client-go blanks before it compares', () => {
  const event = { ...killEvent({ atMs: 0, id: 1, message: '' }), lastTimestamp: new Date(999) };
  expect(patchOf({ ...event, count: 2 })).toEqual({ count: 2 });
  expect(patchOf({ ...event, count: 0 })).toEqual({});
});

test('sends no half of a character', () => {
  expect(encodePatch({ message: 'a\ud83d' })).toBe('{"message":"a\ufffd"}');
});
