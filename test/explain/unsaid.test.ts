import { describe, expect, test } from 'vitest';
import { factsOf } from '../../src/explain/facts.ts';
import { unsaid } from '../../src/explain/unsaid.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { aBareEpisode, aPod, APP } from '../support/an-episode.ts';
import { aListedEpisode, anAttribution, aTask, ofCgroup } from '../support/explained.ts';

const KNOWN = { subjects: [{ kind: 'pod', pod: aPod(), container: APP }] } as const;

const saidOf = (episode: OomEpisode, isTableCut = false) =>
  unsaid(factsOf(episode, anAttribution(episode, KNOWN), isTableCut)).join('\n');

const WHOLE = aListedEpisode({ memory: ofCgroup() });

test('nothing, of a report that tells all', () => {
  expect(saidOf(WHOLE)).toBe('');
});

test.each([
  ['withheld', aBareEpisode(), 'the kernel explains ten kills in five seconds'],
  ['cut', { ...WHOLE, context: 'partial' }, 'A part of the report is missing'],
  [
    'cut before its table',
    { ...WHOLE, context: 'partial', tasks: [] },
    'no task table is in what is left',
  ],
  ['without a table', { ...WHOLE, tasks: [] }, 'vm.oom_dump_tasks'],
  ['of a thread', { ...WHOLE, tasks: [aTask({ pid: 7 })] }, 'it is not in the task table'],
  [
    'of an unknown page size',
    { ...WHOLE, victim: { pid: 4242, comm: 'java' } },
    'the table is in pages',
  ],
  ['without statistics', { ...WHOLE, memory: undefined }, 'no memory statistics'],
  ['with a part of them', { ...WHOLE, memory: { anonKb: 131_072 } }, 'What 384Mi of it is'],
] as const)('a report %s', (_which, episode, words) => {
  expect(saidOf(episode)).toContain(words);
});

test('a table of which only the largest were kept', () => {
  expect(saidOf(WHOLE, true)).toContain('only the largest tasks');
});

describe('the name of the pod', () => {
  test('is not said where its cgroup is of one that is not known', () => {
    expect(unsaid(factsOf(WHOLE, anAttribution(WHOLE), false))).toEqual([
      expect.stringContaining('--pods'),
    ]);
  });

  test('is not missed where it is no pod’s', () => {
    const unit = aListedEpisode({
      memory: ofCgroup(),
      limitLevel: 'host',
      oomMemcg: '/a.service',
      taskMemcg: '/a.service',
    });
    expect(unsaid(factsOf(unit, anAttribution(unit), false))).toEqual([]);
  });
});
