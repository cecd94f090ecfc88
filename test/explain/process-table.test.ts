import { describe, expect, test } from 'vitest';
import { factsOf } from '../../src/explain/facts.ts';
import { processTable } from '../../src/explain/process-table.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { aBareEpisode } from '../support/an-episode.ts';
import { aListedEpisode, anAttribution, aTask } from '../support/explained.ts';

const tableOf = (episode: OomEpisode) =>
  processTable(factsOf(episode, anAttribution(episode), false));

/** Twelve of them, the last one the largest. */
const OTHERS = Array.from({ length: 12 }, (_, at) =>
  aTask({ pid: 100 + at, comm: `p${at}`, rssPages: 1000 + at }),
);

describe('the table of processes', () => {
  test('has the largest first, in kB, and the dead marked', () => {
    const tasks = [aTask({ rssPages: 500 }), aTask({ pid: 7, rssPages: 900, swapEntries: 2 })];
    const members = [{ pid: 7, comm: 'sh' }];
    expect(tableOf(aListedEpisode({ tasks, members })).rows).toMatchObject([
      { pid: 7, killed: 'member', rssKb: 3600, rssPages: 900, swapKb: 8 },
      { pid: 4242, killed: 'victim', rssKb: 2000, oomScoreAdj: 900 },
    ]);
  });

  test('leaves out the small ones, never the victim', () => {
    const { rows, others } = tableOf(
      aListedEpisode({ tasks: [aTask({ rssPages: 1 }), ...OTHERS] }),
    );
    expect(rows.map(({ pid }) => pid)).toEqual([
      111, 110, 109, 108, 107, 106, 105, 104, 103, 102, 4242,
    ]);
    expect(others).toEqual({ count: 2, killed: 0, rssKb: 4 * (1000 + 1001) });
  });

  test('counts the dead that are left out', () => {
    const tasks = Array.from({ length: 40 }, (_, at) =>
      aTask({ pid: 100 + at, rssPages: 40 - at }),
    );
    const members = tasks.map(({ pid, comm }) => ({ pid, comm }));
    const { rows, others } = tableOf(aListedEpisode({ tasks, members }));
    // Ten of the largest, ten more that were killed; the victim is not in this table.
    expect(rows).toHaveLength(20);
    expect(others).toMatchObject({ count: 21, killed: 21 });
  });

  test('has the killed where the kernel printed no table', () => {
    const { rows, others } = tableOf(aBareEpisode());
    expect(rows).toEqual([{ pid: 4242, comm: 'java', killed: 'victim', rssKb: 509_952 }]);
    expect(others.count).toBe(0);
  });

  test('has pages where nothing tells how large one is, and no sum of them', () => {
    const victim = { pid: 9, comm: 'thread' };
    const { rows, others } = tableOf(aListedEpisode({ victim, tasks: OTHERS }));
    expect(rows[0]).toEqual({ pid: 9, comm: 'thread', killed: 'victim' });
    expect(rows[1]).toMatchObject({ pid: 111, rssPages: 1011 });
    expect(rows[1]).not.toHaveProperty('rssKb');
    expect(others).toEqual({ count: 3, killed: 0 });
  });
});

test('names nobody where nothing proves which of several died there', () => {
  const episode = aListedEpisode();
  const attribution = anAttribution(episode, { isOneOfSeveral: true });
  expect(processTable(factsOf(episode, attribution, false)).rows).toEqual([]);
});
