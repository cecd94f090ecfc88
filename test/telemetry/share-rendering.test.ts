import { expect, test } from 'vitest';
import { shareRendering } from '../../src/telemetry/share-rendering.ts';
import { FakeClock } from '../support/fake-clock.ts';

test('what was rendered is shown for a quarter of a second, and then anew', async () => {
  const clock = new FakeClock();
  let renders = 0;
  const show = shareRendering(clock, async () => `${(renders += 1)}`);
  const shown = async (): Promise<string> => (await show()).toString();
  expect(await Promise.all([shown(), shown()])).toEqual(['1', '1']);
  await clock.advance(249);
  expect(await shown()).toBe('1');
  await clock.advance(1);
  expect(await shown()).toBe('2');
});
