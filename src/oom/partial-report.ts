import type { ByteString } from '../kmsg/record.ts';
import type { Invoker, OomEpisode, TaskRow } from './episode.ts';
import type { RecordWithEvidence } from './look-at-kills.ts';
import type { KillAnnounced, KillLine } from './kill-line.ts';
import { readTaskRow } from './task-table.ts';

/** One kernel kill line with the record it came in. */
export interface Kill extends KillLine {
  readonly record: RecordWithEvidence;
  /** Nothing but its place says that it is of the group, and the kernel might have withheld a context. */
  readonly isUncertain?: boolean | undefined;
}

/** The reaper's word that a process is dead: evidence where the kill line itself is missing. */
export interface Reaped {
  readonly record: RecordWithEvidence;
  readonly pid: number;
  readonly comm: string;
}

/** Lines to be read when the report is over, the latest first: a list that grows at no cost and shares what it had. */
export interface LaterLines {
  readonly message: ByteString;
  readonly before: LaterLines | undefined;
}

/** What the kernel has said so far of one OOM decision. */
export interface PartialReport {
  readonly invoker?: Invoker | undefined;
  readonly usageKb?: number | undefined;
  readonly limitKb?: number | undefined;
  readonly columns?: readonly string[] | undefined;
  readonly rows?: LaterLines | undefined;
  /** What it says of where the memory went. */
  readonly statistics?: LaterLines | undefined;
  /** The `oom-kill:` line as printed: who the task is, only the kill line can tell for certain. */
  readonly oomKill?: ByteString | undefined;
  readonly taskIn?: { readonly taskMemcg: ByteString; readonly oomMemcg: ByteString } | undefined;
  /** The cgroup of `Tasks in … are going to be killed`: what follows are members. */
  readonly group?: string | undefined;
  /** What `Kill process N … or sacrifice child` announced. */
  readonly announced?: KillAnnounced | undefined;
  readonly kills: readonly Kill[];
  readonly reaped?: Reaped | undefined;
  /** The chosen process was exiting by itself and is not killed; the rest of its group may be. */
  readonly exiting?: boolean | undefined;
  /** What has been recorded of it already: these are its late lines. */
  readonly amends?: OomEpisode | undefined;
  /** Records were lost inside it, or shortly before it began. */
  readonly broken: boolean;
  /** Records were lost after its kill line. */
  readonly cut?: boolean | undefined;
  /** Of its first line, and of the last that belongs to it. */
  readonly beganUs: number;
  readonly lastUs: number;
  readonly lastSequence: number;
}

/** A report of which nothing is known yet. It names every fact, so that all reports are of one shape. */
export const NEW_REPORT: PartialReport = {
  invoker: undefined,
  usageKb: undefined,
  limitKb: undefined,
  columns: undefined,
  rows: undefined,
  statistics: undefined,
  oomKill: undefined,
  taskIn: undefined,
  group: undefined,
  announced: undefined,
  kills: [],
  reaped: undefined,
  exiting: undefined,
  amends: undefined,
  broken: false,
  cut: undefined,
  beganUs: 0,
  lastUs: 0,
  lastSequence: 0,
};

/** Tables already read, by their last row: a storm of reapers asks for the same one thousands of times. */
const readTables = new WeakMap<LaterLines, readonly TaskRow[]>();

/** The rows of the task table, in the kernel's order: the oldest process first. */
export function taskRows({ columns, rows, amends }: PartialReport): readonly TaskRow[] {
  if (columns === undefined || rows === undefined) return amends?.tasks ?? [];
  const known = readTables.get(rows);
  if (known !== undefined) return known;
  const tasks = inOrder(rows)
    .map((message) => readTaskRow(message, columns))
    .filter((task) => task !== undefined);
  readTables.set(rows, tasks);
  return tasks;
}

/** The lines as the kernel printed them, the first one first. */
export function inOrder(lines: LaterLines | undefined): readonly ByteString[] {
  const messages: ByteString[] = [];
  for (let line = lines; line !== undefined; line = line.before) messages.push(line.message);
  return messages.toReversed();
}

/** Whether the report says anything beyond the kill line: a line the kernel rate-limits. */
export function hasContext(report: PartialReport): boolean {
  return [report.invoker, report.usageKb, report.columns, report.oomKill, report.taskIn].some(
    (fact) => fact !== undefined,
  );
}

/** Whether it has said who is killed, or would have been, and the rest of a group may follow. */
export function mayBeGroups({ kills, group, exiting }: PartialReport): boolean {
  return kills.length > 0 || group !== undefined || exiting === true;
}
