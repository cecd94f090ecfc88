import type { KilledProcess, TaskRow } from '../oom/episode.ts';
import { safeText } from '../safe-text.ts';
import { withoutAbsent } from '../without-absent.ts';
import type { ProcessRow, ProcessTable } from './explanation.ts';
import type { Facts } from './facts.ts';

/** So many of the largest, and so many of the killed that are not among them, are shown. */
const MAX_LARGEST = 10;
const MAX_KILLED = 10;

/**
 * The task table of the report, the largest first, with the dead marked. Nobody where nothing proves that
 * it was the process of this record that died there.
 */
export function processTable({ episode, attribution, killed, pageKb }: Facts): ProcessTable {
  if (attribution.isOneOfSeveral === true) return { rows: [], others: { count: 0, killed: 0 } };
  const { victim, members, tasks } = episode;
  const roles = new Map<number, ProcessRow['killed']>([
    ...members.map(({ pid }) => [pid, 'member'] as const),
    [victim.pid, 'victim'],
  ]);
  const listed = new Set(tasks.map(({ pid }) => pid));
  const rows = [
    ...tasks.map((task) => rowOfTask(task, roles.get(task.pid), pageKb)),
    ...killed.filter(({ pid }) => !listed.has(pid)).map((dead) => rowOfKilled(dead, roles)),
  ].toSorted((a, b) => sizeOf(b, pageKb) - sizeOf(a, pageKb));
  const more = rows.slice(MAX_LARGEST).filter((row) => row.killed !== undefined);
  const shown = new Set([...rows.slice(0, MAX_LARGEST), ...more.slice(0, MAX_KILLED)]);
  const hidden = rows.filter((row) => !shown.has(row));
  const sizes = hidden.map(({ rssKb }) => rssKb).filter((kb) => kb !== undefined);
  return {
    rows: rows.filter((row) => shown.has(row)),
    others: {
      count: hidden.length,
      killed: hidden.filter((row) => row.killed !== undefined).length,
      ...(sizes.length === hidden.length && { rssKb: sizes.reduce((sum, kb) => sum + kb, 0) }),
    },
  };
}

function rowOfTask(
  { pid, comm, rssPages, swapEntries, oomScoreAdj }: TaskRow,
  killed: ProcessRow['killed'],
  pageKb: number | undefined,
): ProcessRow {
  const inKb = (pages: number | undefined): number | undefined =>
    pages === undefined || pageKb === undefined ? undefined : pages * pageKb;
  return withoutAbsent({
    pid,
    comm: safeText(comm),
    killed,
    rssKb: inKb(rssPages),
    rssPages,
    swapKb: inKb(swapEntries),
    oomScoreAdj,
  });
}

/** Not in the table, or there is none: its kill line says how large it was. */
function rowOfKilled(
  { pid, comm, anonRssKb, fileRssKb = 0, shmemRssKb = 0, oomScoreAdj }: KilledProcess,
  roles: ReadonlyMap<number, ProcessRow['killed']>,
): ProcessRow {
  const rssKb = anonRssKb === undefined ? undefined : anonRssKb + fileRssKb + shmemRssKb;
  return withoutAbsent({ pid, comm: safeText(comm), killed: roles.get(pid), rssKb, oomScoreAdj });
}

/** Where sizes cannot be compared, the killed come first. */
function sizeOf({ rssKb, rssPages }: ProcessRow, pageKb: number | undefined): number {
  if (pageKb === undefined) return rssPages ?? Number.MAX_SAFE_INTEGER;
  return rssKb ?? 0;
}
