import type { ByteString } from '../kmsg/record.ts';
import { decodeName } from './decode-name.ts';
import type { TaskRow } from './episode.ts';

/** `dump_tasks()`: names the columns, which changed in 3.x, 4.x, 4.15 and 6.9. */
const DUMP_TASKS = /^\[ *pid *\] +(?<names>uid +tgid +[a-z_ ]+) name$/;

/** The columns of a task table in the kernel's words, from its header line; `undefined` if it is none. */
export function readTaskColumns(message: ByteString): readonly string[] | undefined {
  return DUMP_TASKS.exec(message)?.groups?.['names']?.split(/ +/);
}

/** By the number of columns: to make one takes longer than to read a table. */
const rowPatterns = new Map<number, RegExp>();

/** `dump_task()`: padded numbers, one space, and the name to the end, which may begin with spaces. */
function dumpTask(columns: number): RegExp {
  const pattern =
    rowPatterns.get(columns) ??
    new RegExp(String.raw`^\[ *(?<pid>\d+)\](?<cells>(?: +-?\d+){${columns}}) (?<comm>[^]*)$`);
  rowPatterns.set(columns, pattern);
  return pattern;
}

/** One row under its header; `undefined` if it does not fit. */
export function readTaskRow(message: ByteString, columns: readonly string[]): TaskRow | undefined {
  const found = dumpTask(columns.length).exec(message)?.groups;
  if (found === undefined) return undefined;
  const cells = (found['cells'] ?? '').trim().split(/ +/);
  const cell = (name: string): number | undefined => {
    const at = columns.indexOf(name);
    return at === -1 ? undefined : Number(cells[at]);
  };
  return {
    pid: Number(found['pid']),
    tgid: cell('tgid') ?? 0,
    uid: cell('uid') ?? 0,
    comm: decodeName(found['comm'] ?? ''),
    totalVmPages: cell('total_vm') ?? 0,
    rssPages: cell('rss') ?? 0,
    rssAnonPages: cell('rss_anon'),
    rssFilePages: cell('rss_file'),
    rssShmemPages: cell('rss_shmem'),
    pgtablesBytes: cell('pgtables_bytes'),
    swapEntries: cell('swapents'),
    oomScoreAdj: cell('oom_score_adj') ?? 0,
  };
}
