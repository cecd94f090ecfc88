import { describe, expect, test } from 'vitest';
import { readTaskColumns, readTaskRow } from '../../src/oom/task-table.ts';

const OF_4_14 = '[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name';
const OF_5 = '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name';
const OF_6_9 =
  '[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name';
const OF_RHEL_6 = '[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name';

const common = { pid: 7, tgid: 6, uid: 1000, comm: 'app', totalVmPages: 50, rssPages: 40 };

describe('a row is read by its own header', () => {
  test.each([
    [
      'of 4.14',
      OF_4_14,
      '[    7]  1000     6       50       40       9       3        0           -997 app',
      { ...common, swapEntries: 0, oomScoreAdj: -997 },
    ],
    [
      'of 5.x',
      OF_5,
      '[      7]  1000     6       50       40    90112        0             0 app',
      { ...common, pgtablesBytes: 90_112, swapEntries: 0, oomScoreAdj: 0 },
    ],
    [
      'of 6.9',
      OF_6_9,
      '[      7]  1000     6       50       40       30        9         1    90112        2             0 app',
      {
        ...common,
        rssAnonPages: 30,
        rssFilePages: 9,
        rssShmemPages: 1,
        pgtablesBytes: 90_112,
        swapEntries: 2,
        oomScoreAdj: 0,
      },
    ],
    [
      'of RHEL 6',
      OF_RHEL_6,
      '[    7]  1000     6       50       40   1       0             0 app',
      { ...common, oomScoreAdj: 0 },
    ],
  ])('%s', (_, header, row, expected) => {
    const columns = readTaskColumns(header);
    expect(columns && readTaskRow(row, columns)).toEqual(expected);
  });
});

describe('a name may be', () => {
  const columns = readTaskColumns(OF_5);
  test.each([' lead', '', 'a b', '1 2 3', 'a\nb', ']'])('%j', (comm) => {
    const row = `[      7]     0     7       50       40    90112        0             0 ${comm}`;
    expect(columns && readTaskRow(row, columns)).toMatchObject({ comm });
  });
});

test.each([
  ['too few cells', '[      7]     0     7       50       40 app'],
  ['no numbers', '[      7]     0     7       50       40    many        0             0 app'],
  ['another line', '[drm] initialized'],
])('%s is no row', (_, row) => {
  const columns = readTaskColumns(OF_5);
  expect(columns && readTaskRow(row, columns)).toBeUndefined();
});

test.each(['[ pid ] name', 'uid tgid name', taskHeaderWithout('name')])(
  '%j is no header',
  (line) => {
    expect(readTaskColumns(line)).toBeUndefined();
  },
);

function taskHeaderWithout(word: string): string {
  return OF_5.replace(` ${word}`, '');
}
