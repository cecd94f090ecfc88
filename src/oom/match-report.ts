import type { KillLine } from './kernel-lines.ts';
import { readOomKillLine } from './oom-kill-line.ts';
import { taskRows, type PartialReport } from './partial-report.ts';

/** Whether a kill line is this report's: matched by order, unless something says it cannot be. */
export function belongs(report: PartialReport, { process, cause }: KillLine): boolean {
  if (report.kills.length > 0) return report.group !== undefined;
  const chosen = chosenPid(report);
  if (chosen === process.pid) return true;
  if (report.broken && chosen !== undefined) return false;
  return agrees(report, cause) && isInTable(report, process.pid);
}

/** A memory cgroup's OOM is not ended by a system-wide kill, nor the other way round. */
function agrees(report: PartialReport, cause: KillLine['cause']): boolean {
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

/** The pid that the context names: of the chosen task, or of the process that was announced. */
export function chosenPid(report: PartialReport): number | undefined {
  if (report.announced !== undefined) return report.announced.pid;
  return report.oomKill === undefined ? undefined : readOomKillLine(report.oomKill)?.pid;
}

/** Whether the reaper's word about `pid` is about this report, as far as it names anybody. */
export function isWitnessOf(report: PartialReport, pid: number): boolean {
  if (chosenPid(report) === pid) return true;
  if (report.rows !== undefined) return isInTable(report, pid);
  return report.oomKill === undefined && report.taskIn === undefined;
}
