import { expect, test } from 'vitest';
import { measureList } from '../support/measured-list.ts';
import { hugePods, podsOfTerms } from '../support/pod-list-body.ts';

/** By one pod's JSON and what the collector has not taken yet; the lists here are 84 MB and more. */
const MAX_GROWN_MB = 80;

test.each([
  ['60 pods of 1.4 MB', () => hugePods(60, 1_400_000), 60, 0],
  ['10 pods of 8.4 MB', () => hugePods(10, 1_400_000, '<'), 10, 0],
  ['4 pods of 10 MB beyond Latin-1', () => hugePods(4, 125_000, `${'<'.repeat(13)}ł`), 4, 0],
  ['4 pods of 99,000 objects', () => podsOfTerms(4, 99_000), 4, 0],
  ['4 pods of 786,000 objects', () => podsOfTerms(4, 786_000), 0, 4],
  ['a pod of 100 MB', () => hugePods(1, 100_000_000), 0, 1],
])('a list of %s is read within the memory of a few of them', async (_, pods, read, skipped) => {
  const measured = await measureList(pods);
  expect(measured).toMatchObject({ pods: read, skipped });
  expect(measured.error).toBeUndefined();
  expect(measured.grownMb).toBeLessThan(MAX_GROWN_MB);
});
