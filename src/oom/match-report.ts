import { isUnder, parseCgroupPath } from './cgroup-path.ts';
import type { OomEpisode, TaskRow } from './episode.ts';
import type { KillCause } from './kill-line.ts';
import { readOomKillLine } from './oom-kill-line.ts';
import { taskRows, type Kill, type PartialReport } from './partial-report.ts';

/**
 * How a kill line belongs to a report: matched by order, unless something says it cannot be.
 * `uncertain`: the kernel had no contexts left, and nothing but its place says that it is of the group.
 */
export function belongs(
  report: PartialReport,
  kill: Kill,
  hasContextsLeft: boolean,
): 'yes' | 'uncertain' | 'no' {
  if (report.cut === true)
    return report.kills.some(({ process }) => process.pid === kill.process.pid) ? 'yes' : 'no';
  if (report.group !== undefined) return isMember(report, report.group, kill, hasContextsLeft);
  const isOpen = report.kills.length === 0 && report.exiting !== true;
  return isOpen && isVictim(report, kill) ? 'yes' : 'no';
}

function isVictim(report: PartialReport, { process: { pid }, cause }: Kill): boolean {
  const chosen = chosenPid(report);
  if (chosen === pid) return true;
  if (report.broken && chosen !== undefined) return false;
  if (!agrees(report, cause)) return false;
  const isOneOfMany = chosen === undefined || report.announced !== undefined;
  return isOneOfMany ? isInTable(taskRows(report), pid) : isSameProcess(report, chosen, pid);
}

/**
 * Of a group that is being killed: for the same cause, and not seen in another cgroup. A counter that
 * moved says nothing against the kernel's own line. While the kernel has contexts left, it would have
 * printed one for a stranger; else who is not in the table may be one, unless forked since.
 */
function isMember(report: PartialReport, group: string, kill: Kill, hasContextsLeft: boolean) {
  const { process, cause, record } = kill;
  const [first] = report.kills;
  if (first === undefined ? !agrees(report, cause) : cause !== first.cause) return 'no';
  const seenIn = seenAlive(record);
  if (seenIn !== undefined) return isUnder(seenIn, group) ? 'yes' : 'no';
  const rows = taskRows(report);
  if (rows.length === 0 || report.broken || hasContextsLeft) return 'yes';
  const isKnown = isInTable(rows, process.pid) || mayBeForkedSince(report, group, process.pid);
  return isKnown ? 'yes' : 'uncertain';
}

/**
 * Whether a process that is not in the table is likelier to have been forked since than a stranger.
 * Its pid is above all those in the table then. And the group is a container's: the kubelet makes all
 * containers groups or none, so that a stranger of a pod would have its own `Tasks in`. Behind a
 * stranger the group is over.
 */
function mayBeForkedSince(report: PartialReport, group: string, pid: number): boolean {
  const isContainers = parseCgroupPath(group)?.containerId !== undefined;
  const isBehindStranger = report.kills.at(-1)?.isUncertain === true;
  return isContainers && !isBehindStranger && taskRows(report).every((task) => task.pid < pid);
}

/**
 * Whether a kill line that comes when the group is over can be a late member's. Where nobody saw the
 * process alive, it can when the kernel had contexts left, for it prints none for a member alone, and
 * when it is the first victim, which a group repeats, and has not been repeated yet.
 */
export function isLateMember(last: PartialReport, kill: Kill, hasContextsLeft: boolean): boolean {
  const { group, amends } = last;
  if (group === undefined || !agrees(last, kill.cause)) return false;
  const seenIn = seenAlive(kill.record);
  if (seenIn !== undefined) return isUnder(seenIn, group);
  return hasContextsLeft || (amends !== undefined && isRepetition(amends, kill));
}

function isRepetition({ victim, members, killLines }: OomEpisode, { process }: Kill): boolean {
  return process.pid === victim.pid && killLines <= members.length + 1;
}

/** Whether the group of a `Tasks in` line that comes late can be the last episode's. */
export function isLateGroup({ amends, group: known }: PartialReport, group: string): boolean {
  if (amends === undefined || known !== undefined) return false;
  const cgroup = amends.taskMemcg ?? seenAlive(amends);
  return cgroup === undefined || isUnder(cgroup, group);
}

/** Whether the process was seen alive where this group cannot reach it. */
export function isSeenOutside({ record }: Kill, group: string): boolean {
  const cgroup = seenAlive(record);
  return cgroup !== undefined && !isUnder(cgroup, group);
}

/** The cgroup in which the process was seen itself. */
function seenAlive({ evidence }: Pick<OomEpisode, 'evidence'>): string | undefined {
  const isSeen = evidence?.source === 'proc' || evidence?.source === 'snapshot';
  return isSeen ? evidence.cgroup : undefined;
}

/** A memory cgroup's OOM is not ended by a system-wide kill, nor the other way round. */
function agrees(report: PartialReport, cause: KillCause): boolean {
  if (cause === 'unsaid') return true;
  if (report.amends !== undefined)
    return (report.amends.limitLevel === 'system') === (cause === 'system');
  const constraint =
    report.oomKill === undefined ? undefined : readOomKillLine(report.oomKill)?.constraint;
  const ofMemcg = report.taskIn !== undefined || constraint === 'CONSTRAINT_MEMCG';
  if (constraint === undefined && !ofMemcg) return true;
  return ofMemcg === (cause === 'memcg');
}

/** The kernel lists every task it may choose; without a list anybody may have been chosen. */
function isInTable(rows: readonly TaskRow[], pid: number): boolean {
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
export function isVictimOf(report: PartialReport, pid: number): boolean {
  const chosen = chosenPid(report);
  if (chosen !== undefined) {
    return chosen === pid || (report.rows !== undefined && isSameProcess(report, chosen, pid));
  }
  if (report.taskIn === undefined) return report.oomKill === undefined;
  const isOfOnePod = parseCgroupPath(report.taskIn.oomMemcg) !== undefined;
  return isOfOnePod && report.rows !== undefined && isInTable(taskRows(report), pid);
}
