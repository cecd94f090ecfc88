import { expect, test } from 'vitest';
import { shareRendering } from '../../src/telemetry/share-rendering.ts';
import { FakeClock } from '../support/fake-clock.ts';

test('what was rendered is shown for a quarter of a second, and then anew', async () => {
  const clock = new FakeClock();
  let renders = 0;
  const show = shareRendering(clock, async () => (renders += 1));
  expect(await Promise.all([show(), show()])).toEqual([1, 1]);
  await clock.advance(249);
  expect(await show()).toBe(1);
  await clock.advance(1);
  expect(await show()).toBe(2);
});

/** Renderings of what is asked for; one of them takes until the test says so. */
function variants() {
  const clock = new FakeClock();
  const slow = Promise.withResolvers<string>();
  const begun: string[] = [];
  const render = (what: string): Promise<string> => {
    begun.push(what);
    return what === 'slow' ? slow.promise : Promise.resolve(what);
  };
  const show = shareRendering(clock, render, { keyOf: (what) => what, busy: 'busy' });
  return { clock, slow, begun, show };
}

test('a rendering that takes long is shared until it is done, and one other waits behind it', async () => {
  const { clock, slow, begun, show } = variants();
  const first = show('slow');
  await clock.advance(1000);
  const [same, other, another] = [show('slow'), show('other'), show('another')];
  expect(await another).toBe('busy');
  expect(await Promise.race([other, clock.settle()])).toBeUndefined();
  slow.resolve('slow');
  expect(await Promise.all([first, same, other])).toEqual(['slow', 'slow', 'other']);
  expect(begun).toEqual(['slow', 'other']);
});

test('who asks for something else waits until what is under way is done, also where that fails', async () => {
  const { clock, slow, begun, show } = variants();
  const failing = show('slow').catch((err: unknown) => err);
  const other = show('other');
  await clock.settle();
  expect(begun).toEqual(['slow']);
  slow.reject(new Error('broken'));
  expect(await failing).toEqual(new Error('broken'));
  expect(await other).toBe('other');
  expect(await show('other')).toBe('other');
  expect(begun).toEqual(['slow', 'other']);
});
