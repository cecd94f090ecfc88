import { describe, expect, test } from 'vitest';
import { anEpisode } from '../support/an-episode.ts';
import { adviceOf, aListedEpisode, aTask } from '../support/explained.ts';
import { CONTAINER } from '../support/oom-lines.ts';

describe('not-the-largest', () => {
  const VICTIM = aTask({ rssPages: 1000 });
  const hog = { pid: 7, comm: 'postgres', rssPages: 4100, oomScoreAdj: -997 };

  test('names who held more and lives', () => {
    const episode = aListedEpisode({ tasks: [aTask(hog), VICTIM] });
    expect(adviceOf('not-the-largest', episode)).toMatch(
      /`postgres` \(pid 7\) held 4 times as much \(16Mi\).*-997 and the victim's 900/,
    );
  });

  test.each([
    ['it is not twice as large', [aTask({ ...hog, rssPages: 1999 }), VICTIM]],
    ['its score is the victim’s', [aTask({ ...hog, oomScoreAdj: 900 }), VICTIM]],
    ['the victim is the largest', [aTask({ ...hog, rssPages: 10 }), VICTIM]],
    ['the victim is not in the table', [aTask(hog)]],
    ['there is no table', []],
  ])('says nothing: %s', (_why, tasks) => {
    expect(adviceOf('not-the-largest', aListedEpisode({ tasks }))).toBeUndefined();
  });

  test('says nothing where it was killed as well, or a part of the table may be missing', () => {
    const tasks = [aTask(hog), VICTIM];
    const members = [{ pid: 7, comm: 'postgres' }];
    expect(adviceOf('not-the-largest', aListedEpisode({ tasks, members }))).toBeUndefined();
    const partial = aListedEpisode({ tasks, context: 'partial' });
    expect(adviceOf('not-the-largest', partial)).toBeUndefined();
  });
});

describe('many-alike', () => {
  const workers = (count: number, rssPages = 100) =>
    Array.from({ length: count }, (_, at) => aTask({ pid: 100 + at, comm: 'worker', rssPages }));

  test('counts them', () => {
    const episode = aListedEpisode({ tasks: [aTask({ rssPages: 500 }), ...workers(40)] });
    expect(adviceOf('many-alike', episode)).toMatch(/^40 processes are called `worker`, 16Mi/);
  });

  test.each([
    ['nine', [aTask({ rssPages: 1 }), ...workers(9)]],
    ['less than half of the memory', [aTask({ rssPages: 4100 }), ...workers(40)]],
    ['threads of one process', workers(40).map((task) => ({ ...task, tgid: 100 }))],
    ['no table', []],
  ])('says nothing: %s', (_why, tasks) => {
    expect(adviceOf('many-alike', aListedEpisode({ tasks }))).toBeUndefined();
  });

  test('says nothing of a table of which the small ones are gone', () => {
    const episode = aListedEpisode({ tasks: workers(40) });
    expect(adviceOf('many-alike', episode, {}, true)).toBeUndefined();
    expect(adviceOf('many-alike', { ...episode, context: 'partial' })).toBeUndefined();
  });
});

describe('group-kill', () => {
  const members = [{ pid: 7, comm: 'sh' }];

  test('says how to opt out of the kubelet’s', () => {
    expect(adviceOf('group-kill', anEpisode({ group: CONTAINER, members }))).toMatch(
      /\(2 processes\).*singleProcessOOMKill: true/,
    );
  });

  test('says who else sets it', () => {
    const text = adviceOf('group-kill', anEpisode({ group: '/system.slice/a.service', members }));
    expect(text).toContain('`/system.slice/a.service`');
    expect(text).not.toContain('singleProcessOOMKill');
  });

  test('says nothing where nobody else was killed, or no line tells a group', () => {
    expect(adviceOf('group-kill', anEpisode({ group: CONTAINER }))).toBeUndefined();
    expect(adviceOf('group-kill', anEpisode({ members }))).toBeUndefined();
  });
});
