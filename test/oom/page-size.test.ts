import { expect, test } from 'vitest';
import type { TaskRow } from '../../src/oom/episode.ts';
import { pageSizeKb } from '../../src/oom/page-size.ts';
import { episodesOf, recordingNames, recordsOf } from '../support/recordings.ts';

const ROW: TaskRow = {
  pid: 7,
  tgid: 7,
  uid: 0,
  comm: 'app',
  totalVmPages: 100,
  rssPages: 50,
  oomScoreAdj: 0,
};

test.each([
  [400, 4],
  [1600, 16],
  [6400, 64],
  [401, undefined],
  [0, undefined],
  [undefined, undefined],
])('100 pages that are %s kB have %s each', (totalVmKb, size) => {
  expect(pageSizeKb([{ pid: 7, comm: 'app', totalVmKb }], [ROW])).toBe(size);
});

test('a member tells it where the victim is not in the table', () => {
  const killed = [
    { pid: 8, comm: 'thread', totalVmKb: 40 },
    { pid: 7, comm: 'app', totalVmKb: 400 },
  ];
  expect(pageSizeKb(killed, [ROW])).toBe(4);
  expect(pageSizeKb(killed, [])).toBeUndefined();
});

test('every kernel that was recorded has pages of 4 kB', () => {
  const told = recordingNames
    .flatMap((name) => episodesOf(recordsOf(name)))
    .filter(({ tasks, context }) => context === 'full' && tasks.length > 0)
    .map(({ victim, members, tasks }) => pageSizeKb([victim, ...members], tasks));
  expect(told.length).toBeGreaterThan(250);
  expect(new Set(told)).toEqual(new Set([4]));
});
