import { expect, test } from 'vitest';
import { fromStored, toStored } from '../../src/correlator/recorded-event.ts';
import { killEvent } from '../support/kill-event.ts';

test('an Event comes back from JSON as it was', () => {
  const event = killEvent({ atMs: 7, id: 1 });
  expect(fromStored(JSON.parse(JSON.stringify(toStored(event))))).toEqual(event);
});
