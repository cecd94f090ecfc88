import type { ByteString } from '../kmsg/record.ts';
import { decodePath } from './decode-name.ts';
import type {
  ContextKind,
  Invoker,
  KilledProcess,
  LimitLevel,
  OomEpisode,
  TaskRow,
} from './episode.ts';
import type { KillAnnounced, KillCause, KillLine } from './kernel-lines.ts';
import { limitLevel } from './limit-level.ts';
import type { WitnessedRecord } from './kill-evidence.ts';
import { readOomKillLine } from './oom-kill-line.ts';
import { readTaskRow, type TaskColumns } from './task-table.ts';

/** oom_constraint in mm/oom_kill.c: a memory cgroup's limit. */
const CONSTRAINT_MEMCG = 'CONSTRAINT_MEMCG';

/** One kernel kill line with the record it came in. */
export interface Kill extends KillLine {
  readonly record: WitnessedRecord;
  /** Nothing but its place says that it is of the group, and the kernel might have withheld a context. */
  readonly isDoubtful?: boolean | undefined;
}

/** The reaper's word that a process is dead: evidence where the kill line itself is missing. */
export interface Reaped {
  readonly record: WitnessedRecord;
  readonly pid: number;
  readonly comm: string;
}

/** Table rows, the latest first: a list that grows at no cost and shares what it had. */
export interface TaskRows {
  readonly message: ByteString;
  readonly before: TaskRows | undefined;
}

/** What the kernel has said so far of one OOM decision. */
export interface PartialReport {
  readonly invoker?: Invoker | undefined;
  readonly usageKb?: number | undefined;
  readonly limitKb?: number | undefined;
  readonly columns?: TaskColumns | undefined;
  readonly rows?: TaskRows | undefined;
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

/** A report of which nothing is known yet. */
export const NEW_REPORT: PartialReport = {
  kills: [],
  broken: false,
  beganUs: 0,
  lastUs: 0,
  lastSequence: 0,
};

/** Tables already read, by their last row: a storm of reapers asks for the same one thousands of times. */
const readTables = new WeakMap<TaskRows, readonly TaskRow[]>();

/** The rows of the task table, in the kernel's order: the oldest process first. */
export function taskRows({ columns, rows, amends }: PartialReport): readonly TaskRow[] {
  if (columns === undefined || rows === undefined) return amends?.tasks ?? [];
  const known = readTables.get(rows);
  if (known !== undefined) return known;
  const tasks: TaskRow[] = [];
  for (let row: TaskRows | undefined = rows; row !== undefined; row = row.before) {
    const task = readTaskRow(row.message, columns);
    if (task !== undefined) tasks.push(task);
  }
  const inOrder = tasks.toReversed();
  readTables.set(rows, inOrder);
  return inOrder;
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

/** What became of a report: the episode it proves, or `undefined` where nobody was killed. */
export function toEpisode(report: PartialReport): OomEpisode | undefined {
  const [first] = report.kills;
  if (first !== undefined) return episodeOfKills(report, first);
  return report.reaped === undefined ? undefined : episodeOfReaped(report, report.reaped);
}

function episodeOfKills(report: PartialReport, first: Kill): OomEpisode {
  return {
    ...whatWasSaid(report, first.commBytes, causeOf(report, first)),
    ...whenKilled(first.record),
    lastSequence: report.lastSequence,
    context: contextOf(report),
    killLines: report.kills.length,
    victim: first.process,
    members: membersOf([first.process], report.kills),
    evidence: first.record.evidence,
    group: report.group,
  };
}

/** The episode with what came late; `undefined` where nothing did. */
export function amendEpisode(before: OomEpisode, report: PartialReport): OomEpisode | undefined {
  const { kills, group, lastSequence } = report;
  if (kills.length === 0) return undefined;
  const killed = [before.victim, ...before.members];
  return {
    ...before,
    taskMemcg: before.taskMemcg ?? group,
    group: before.group ?? group,
    lastSequence,
    killLines: before.killLines + kills.length,
    members: [...before.members, ...membersOf(killed, kills)],
  };
}

/** A group kill prints its first victim twice; it is one process. */
function membersOf(
  killed: readonly KilledProcess[],
  kills: readonly Kill[],
): readonly KilledProcess[] {
  const seen = new Set(killed.map(({ pid }) => pid));
  return kills.map((kill) => kill.process).filter(({ pid }) => !seen.has(pid) && seen.add(pid));
}

function episodeOfReaped(report: PartialReport, reaped: Reaped): OomEpisode {
  const { record, pid, comm } = reaped;
  const row = taskRows(report).find((task) => task.pid === pid);
  return {
    ...whatWasSaid(report, undefined, causeOf(report)),
    ...whenKilled(record),
    lastSequence: record.sequence,
    context: 'partial',
    killLines: 0,
    victim: { pid, comm, uid: row?.uid, oomScoreAdj: row?.oomScoreAdj },
    members: [],
  };
}

function whenKilled({ sequence, monotonicUs, atMs }: WitnessedRecord) {
  return { sequence, monotonicUs, atMs };
}

/** The facts of the context, put together now that the victim's name is known. */
function whatWasSaid(report: PartialReport, killedComm: ByteString | undefined, cause: KillCause) {
  const chosen =
    report.oomKill === undefined ? undefined : readOomKillLine(report.oomKill, killedComm);
  const ofMemcg = cause === 'memcg' || report.taskIn !== undefined;
  const constraint = chosen?.constraint ?? (ofMemcg ? CONSTRAINT_MEMCG : undefined);
  const oomMemcg = decodePath(chosen?.oomMemcg ?? report.taskIn?.oomMemcg);
  return {
    constraint,
    limitLevel: levelOf(constraint, cause, oomMemcg),
    oomMemcg,
    taskMemcg: victimMemcg(report, chosen?.taskMemcg),
    usageKb: report.usageKb,
    limitKb: report.limitKb,
    invoker: report.invoker,
    tasks: taskRows(report),
  };
}

/** Where the chosen process was exiting, somebody else of its group is the victim. */
function victimMemcg(
  { taskIn, group, exiting }: PartialReport,
  chosen: ByteString | undefined,
): string | undefined {
  return exiting === true ? group : (decodePath(chosen ?? taskIn?.taskMemcg) ?? group);
}

/** Before 5.2 the cause stands in the line that announces the kill. */
function causeOf({ announced }: PartialReport, kill?: Kill): KillCause {
  return kill === undefined || kill.cause === 'unsaid'
    ? (announced?.cause ?? 'unsaid')
    : kill.cause;
}

/** Every constraint but the memory cgroup's is a shortage of the system, or of a part of it. */
function levelOf(
  constraint: string | undefined,
  cause: KillCause,
  oomMemcg: string | undefined,
): LimitLevel | undefined {
  if (oomMemcg !== undefined) return limitLevel(oomMemcg);
  const systemWide =
    constraint === undefined ? cause === 'system' : constraint !== CONSTRAINT_MEMCG;
  return systemWide ? 'system' : undefined;
}

function contextOf(report: PartialReport): ContextKind {
  if (report.invoker !== undefined && !report.broken) return 'full';
  return hasContext(report) || report.broken ? 'partial' : 'suppressed';
}
