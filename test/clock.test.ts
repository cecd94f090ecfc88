import { expect, test } from 'vitest';
import { within } from '../src/clock.ts';
import { FakeClock } from './support/fake-clock.ts';

const never = new Promise<void>(() => undefined);

test.each([
  ['what is done', Promise.resolve(), 0],
  ['what there is not', undefined, 0],
  ['what never is, no longer than told', never, 1000],
])('waits for %s', async (_what, done, takesMs) => {
  const clock = new FakeClock();
  let isOver = false;
  const waiting = within(clock, 1000, done).then(() => (isOver = true));
  await clock.advance(takesMs - 1);
  expect(isOver).toBe(takesMs === 0);
  await clock.advance(1);
  await waiting;
  expect(clock.waiting).toBe(0);
});

test('fails with what is waited for, and leaves no timer behind', async () => {
  const clock = new FakeClock();
  await expect(within(clock, 1000, Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(clock.waiting).toBe(0);
});
