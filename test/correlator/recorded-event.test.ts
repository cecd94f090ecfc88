import { expect, test } from 'vitest';
import { encodeEvent, fromStored, toStored } from '../../src/correlator/recorded-event.ts';
import { killEvent } from '../support/kill-event.ts';

test('an Event comes back from JSON as it was', () => {
  const event = killEvent({ atMs: 7, id: 1 });
  expect(fromStored(JSON.parse(JSON.stringify(toStored(event))))).toEqual(event);
});

test('an Event is sent as the same bytes, fields sorted, before and after it was stored', () => {
  const event = killEvent({ atMs: 7, id: 1 });
  event.metadata.annotations = { z: '1', a: '2' };
  const again = fromStored(JSON.parse(JSON.stringify(toStored(event))));
  const bytes = encodeEvent(event);
  expect(encodeEvent(again)).toBe(bytes);
  expect(JSON.parse(bytes)).toEqual(JSON.parse(JSON.stringify(event)));
  expect(Object.keys(JSON.parse(bytes))).toEqual(Object.keys(event).toSorted());
  expect(bytes).toContain('"annotations":{"z":"1","a":"2"}');
});
