import type { ByteString } from '../kmsg/record.ts';
import { parseCgroupPath } from './cgroup-path.ts';
import { decodeName } from './decode-name.ts';
import type { OomEpisode } from './episode.ts';
import type { KillCause } from './kernel-lines.ts';
import type { WitnessedRecord } from './kill-evidence.ts';
import { isUnder } from './memcg-paths.ts';
import { readOomKillLine } from './oom-kill-line.ts';
import { NEW_REPORT, taskRows, type Kill, type PartialReport } from './partial-report.ts';

/** Whether a kill line is this report's: matched by order, unless something says it cannot be. */
export function belongs(report: PartialReport, kill: Kill): boolean {
  if (report.cut === true)
    return report.kills.some(({ process }) => process.pid === kill.process.pid);
  if (report.group !== undefined) return isMember(report, report.group, kill);
  return report.kills.length === 0 && report.exiting !== true && isVictim(report, kill);
}

function isVictim(report: PartialReport, { process: { pid }, cause }: Kill): boolean {
  const chosen = chosenPid(report);
  if (chosen === pid) return true;
  if (report.broken && chosen !== undefined) return false;
  if (!agrees(report, cause)) return false;
  const isOneOfMany = chosen === undefined || report.announced !== undefined;
  return isOneOfMany ? isInTable(report, pid) : isSameProcess(report, chosen, pid);
}

/**
 * Of a group that is being killed: for the same cause, listed, and not seen in another cgroup. A
 * counter that moved says nothing against the kernel's own line.
 */
function isMember(report: PartialReport, group: ByteString, { process, cause, record }: Kill) {
  const [first] = report.kills;
  if (first === undefined ? !agrees(report, cause) : cause !== first.cause) return false;
  const seenIn = seenAlive(record);
  if (seenIn !== undefined) return isUnder(seenIn, decodeName(group));
  return report.broken || isInTable(report, process.pid);
}

/**
 * Whether a kill line that comes when its report is over is a late member's of that group. Where
 * nobody saw the process alive, it is when the kernel had contexts left: it prints none for a member
 * alone.
 */
export function isLateMember(
  last: OomEpisode | undefined,
  kill: Kill,
  hasContextsLeft: boolean,
): boolean {
  if (last?.group === undefined || !agreesWith(last, kill.cause)) return false;
  const seenIn = seenAlive(kill.record);
  if (seenIn !== undefined) return isUnder(seenIn, last.group);
  return hasContextsLeft && isInTable({ ...NEW_REPORT, amends: last }, kill.process.pid);
}

/** Whether the group of a `Tasks in` line that comes late can be the last episode's. */
export function isLateGroup(last: OomEpisode, group: ByteString): boolean {
  const { taskMemcg } = last;
  const holds = taskMemcg === undefined || isUnder(taskMemcg, decodeName(group));
  return last.group === undefined && holds;
}

/** The cgroup in which the process was seen itself. */
function seenAlive({ evidence }: WitnessedRecord): string | undefined {
  const isSeen = evidence?.source === 'proc' || evidence?.source === 'snapshot';
  return isSeen ? evidence.cgroup : undefined;
}

function agreesWith({ limitLevel }: OomEpisode, cause: KillCause): boolean {
  return cause === 'unsaid' || (limitLevel === 'system') === (cause === 'system');
}

/** A memory cgroup's OOM is not ended by a system-wide kill, nor the other way round. */
function agrees(report: PartialReport, cause: KillCause): boolean {
  const constraint =
    report.oomKill === undefined ? undefined : readOomKillLine(report.oomKill)?.constraint;
  const ofMemcg = report.taskIn !== undefined || constraint === 'CONSTRAINT_MEMCG';
  if (cause === 'unsaid' || (constraint === undefined && !ofMemcg)) return true;
  return ofMemcg === (cause === 'memcg');
}

/** The kernel lists every task it may choose; without a list anybody may have been chosen. */
function isInTable(report: PartialReport, pid: number): boolean {
  const rows = taskRows(report);
  return rows.length === 0 || rows.some((task) => task.pid === pid || task.tgid === pid);
}

/** A thread and its process: the kernel names the one when it chooses and the other when it kills. */
function isSameProcess(report: PartialReport, one: number, other: number): boolean {
  const rows = taskRows(report);
  if (rows.length === 0) return true;
  return rows.some(({ pid, tgid }) => [pid, tgid].includes(one) && [pid, tgid].includes(other));
}

/** The pid that the context names: of the chosen task, or of the process that was announced. */
export function chosenPid(report: PartialReport): number | undefined {
  return report.announced?.pid ?? namedPid(report);
}

/** The pid in the `oom-kill:` line. */
export function namedPid({ oomKill }: PartialReport): number | undefined {
  return oomKill === undefined ? undefined : readOomKillLine(oomKill)?.pid;
}

/**
 * Whether the reaper's word about `pid` is about this report's victim. Any other task of the table
 * may be an earlier report's; where nobody is named the table must do, if all of it is one pod's.
 */
export function isWitnessOf(report: PartialReport, pid: number): boolean {
  const chosen = chosenPid(report);
  if (chosen !== undefined) {
    return chosen === pid || (report.rows !== undefined && isSameProcess(report, chosen, pid));
  }
  if (report.taskIn === undefined) return report.oomKill === undefined;
  const isOfOnePod = parseCgroupPath(report.taskIn.oomMemcg) !== undefined;
  return isOfOnePod && report.rows !== undefined && isInTable(report, pid);
}
