import { expect, test } from 'vitest';
import { hasSurvived } from '../../src/pods/has-survived.ts';
import type { MainProcessState } from '../../src/pods/main-process.ts';
import { anEpisode } from '../support/an-episode.ts';

async function ask(...states: readonly MainProcessState[]) {
  const slept: number[] = [];
  let looks = 0;
  const survived = await hasSurvived(
    anEpisode(),
    { after: () => states[Math.min(looks++, states.length - 1)] ?? 'unknown' },
    (ms) => Promise.resolve(void slept.push(ms)),
  );
  return { survived, slept };
}

test('the main process that survived is said, once the victim is gone', async () => {
  expect(await ask('not-yet', 'not-yet', 'survived')).toEqual({ survived: true, slept: [2, 5] });
});

test('where it is not known nothing is, and nobody waits', async () => {
  expect(await ask('unknown')).toEqual({ survived: false, slept: [] });
});

test('a victim that will not die is not waited for longer than two seconds', async () => {
  const { survived, slept } = await ask('not-yet');
  expect(survived).toBe(false);
  expect(slept.reduce((sum, ms) => sum + ms)).toBeLessThan(2000);
});
