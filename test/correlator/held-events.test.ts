import { expect, test } from 'vitest';
import { type HeldEvent, HeldEvents } from '../../src/correlator/held-events.ts';
import { toStored } from '../../src/correlator/recorded-event.ts';
import { RowMap } from '../../src/correlator/row-map.ts';
import { killEvent } from '../support/kill-event.ts';

/** Buckets that have their next token when the test says so. */
function heldWith(tokensAtMs: Record<string, number>): HeldEvents {
  return new HeldEvents(new RowMap(), (spamKey) => tokensAtMs[spamKey] ?? -Infinity);
}

function held(spamKey: string): HeldEvent {
  return { verb: 'create', spamKey, key: 'k', event: toStored(killEvent({ atMs: 0, id: 1 })) };
}

/** Takes everything out, in turn. */
function turnsOf(events: HeldEvents): string[] {
  const ids: string[] = [];
  for (let due = events.next(); due !== undefined; due = events.next()) {
    ids.push(due.id);
    events.delete(due.id);
  }
  return ids;
}

test('the bucket that has a token first comes first, and in it the oldest', () => {
  const events = heldWith({ slow: 9, fast: 5 });
  for (const id of ['slow-1', 'fast-1', 'fast-2']) events.put(id, held(id.slice(0, 4)));
  events.put('fast-1', held('fast'));
  expect(turnsOf(events)).toEqual(['fast-1', 'fast-2', 'slow-1']);
});

test('at the same time the one that waited longer comes first', () => {
  const events = heldWith({ a: 5, b: 5 });
  for (const id of ['b-1', 'a-1', 'b-2']) events.put(id, held(id.slice(0, 1)));
  expect(turnsOf(events)).toEqual(['b-1', 'a-1', 'b-2']);
});

test('a bucket that gets its token earlier than it said gets its turn earlier', () => {
  const tokensAtMs: Record<string, number> = { a: 5, b: 7 };
  const events = heldWith(tokensAtMs);
  for (const id of ['a', 'b']) events.put(id, held(id));
  tokensAtMs['b'] = -Infinity;
  events.reschedule('b');
  expect(turnsOf(events)).toEqual(['b', 'a']);
});

test('nobody has a turn in a bucket that never fills', () => {
  const events = heldWith({ a: Infinity });
  events.put('a', held('a'));
  expect(events.next()).toBeUndefined();
  expect(events.waitsFor('a')).toBe(true);
});

test('is empty when all is gone', () => {
  const events = heldWith({});
  events.put('a', held('a'));
  events.delete('a');
  events.delete('nobody');
  expect([events.size, events.waitsFor('a')]).toEqual([0, false]);
});
