import { expect, test } from 'vitest';
import { fold, heldId, observationIn, type SeenEvent } from '../../src/correlator/fold-held.ts';
import { fromStored } from '../../src/correlator/recorded-event.ts';
import { killEvent, START_MS } from '../support/kill-event.ts';

function seen(id: number, key: string, exists = false): SeenEvent {
  const event = killEvent({ atMs: id, id });
  return { event, key, groupKey: 'group', spamKey: 'bucket', exists };
}

const combine = (id: number) => () => killEvent({ atMs: id, id, message: 'combined' });

test('equal Events never created become one with their count', () => {
  const held = fold(fold(undefined, seen(1, 'a'), combine(1)), seen(2, 'a'), combine(2));
  const name = seen(1, 'a').event.metadata.name;
  expect(held).toMatchObject({ verb: 'create', key: 'a' });
  expect(observationIn(held)).toEqual({ name, count: 2, firstMs: START_MS + 1 });
});

test('different ones become one combined Event of their group', () => {
  const one = fold(undefined, seen(1, 'a'), combine(1));
  const held = fold(fold(one, seen(2, 'b'), combine(2)), seen(3, 'a'), combine(3));
  expect(held).toMatchObject({ verb: 'create', key: 'group' });
  expect(fromStored(held.event)).toEqual({
    ...combine(3)(),
    metadata: { ...combine(3)().metadata, name: seen(1, 'a').event.metadata.name },
    count: 3,
    firstTimestamp: new Date(START_MS + 1),
  });
});

test('one that is combined already is not combined twice', () => {
  const one = fold(undefined, seen(1, 'a'), combine(1));
  const held = fold(one, seen(2, 'group'), combine(2));
  expect(held.event.message).toBe('killed process java (pid 1002)');
});

test('an Event that exists is held in its newest form', () => {
  const one = fold(undefined, seen(1, 'a', true), combine(1));
  const held = fold(one, seen(2, 'a', true), combine(2));
  expect(held.verb).toBe('patch');
  expect(fromStored(held.event)).toEqual(seen(2, 'a').event);
});

test('the bucket that pays is the first one', () => {
  const one = fold(undefined, seen(1, 'a', true), combine(1));
  const held = fold(one, { ...seen(2, 'a', true), spamKey: 'another' }, combine(2));
  expect(held.spamKey).toBe('bucket');
});

test('there is one place for each Event that exists, and one for all of a group that do not', () => {
  const ids = [seen(1, 'a', true), seen(1, 'b', true), seen(1, 'a'), seen(1, 'b')].map(heldId);
  expect(new Set(ids).size).toBe(3);
});
