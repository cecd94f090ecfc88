import { expect, test } from 'vitest';
import { eventName, type EventIdentity } from '../../src/recorder/make-event.ts';

const KILL: EventIdentity = {
  objectName: 'checkout-0',
  bootId: 'd09bcd93-fdb3-40bc-8289-7b3a1efd84aa',
  sequence: 4711,
  subject: 'Pod/shop/uid/spec.containers{app}',
};
/** RFC 1123, as the API server checks it. */
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

test('the same kill has the same name for ever', () => {
  expect(eventName(KILL)).toBe(eventName({ ...KILL }));
  expect(eventName(KILL)).toMatch(/^checkout-0\.[0-9a-f]{16}$/);
});

test.each<Partial<EventIdentity>>([
  { bootId: 'another' },
  { sequence: 4712 },
  { subject: 'Node/node-1' },
])('%o makes another name', (difference) => {
  expect(eventName({ ...KILL, ...difference })).not.toBe(eventName(KILL));
});

test('parts that run into each other are still parts', () => {
  const one = eventName({ ...KILL, bootId: 'a', sequence: 1, subject: '1b' });
  expect(eventName({ ...KILL, bootId: 'a', sequence: 11, subject: 'b' })).not.toBe(one);
});

test.each([
  'a',
  'a'.repeat(253),
  `${'a'.repeat(235)}-b`,
  `${'a'.repeat(235)}.b`,
  'node.example.org',
])('of %s it is a valid name', (objectName) => {
  const name = eventName({ ...KILL, objectName });
  expect(name).toMatch(SUBDOMAIN);
  expect(name.length).toBeLessThanOrEqual(253);
});
