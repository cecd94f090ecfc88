import { expect, test } from 'vitest';
import type { Attribution } from '../../src/pods/attribute.ts';
import type { MainProcessState } from '../../src/pods/main-process.ts';
import { saySurvived } from '../../src/pods/say-survived.ts';
import { anEpisode } from '../support/an-episode.ts';

const NODE: Attribution = { subjects: [{ kind: 'node' }], source: 'kernel' };

async function ask(...states: readonly MainProcessState[]) {
  const slept: number[] = [];
  let looks = 0;
  const attributor = saySurvived(
    { attribute: () => Promise.resolve(NODE) },
    { after: () => states[Math.min(looks++, states.length - 1)] ?? 'unknown' },
    (ms) => Promise.resolve(void slept.push(ms)),
  );
  return { attribution: await attributor.attribute(anEpisode()), slept };
}

test('the main process that survived is said, once the victim is gone', async () => {
  const { attribution, slept } = await ask('not-yet', 'not-yet', 'survived');
  expect(attribution).toEqual({ ...NODE, mainProcessSurvived: true });
  expect(slept).toEqual([2, 5]);
});

test('where it is not known nothing is, and nobody waits', async () => {
  expect(await ask('unknown')).toEqual({ attribution: NODE, slept: [] });
});

test('a victim that will not die is not waited for longer than two seconds', async () => {
  const { attribution, slept } = await ask('not-yet');
  expect(attribution).toBe(NODE);
  expect(slept.reduce((sum, ms) => sum + ms)).toBeLessThan(2000);
});
