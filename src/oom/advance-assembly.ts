import type { Drained } from '../kmsg/record.ts';
import { addGroup, addKill, addReaped, endWithoutKill, skipExiting } from './add-kill.ts';
import { type Assembly, beginContext, endReport, grow } from './assembly.ts';
import type { KernelLine } from './kernel-lines.ts';
import type { RecordWithEvidence } from './look-at-kills.ts';
import type { KillAnnounced } from './kill-line.ts';
import { chosenPid, namedPid } from './match-report.ts';
import type { PartialReport } from './partial-report.ts';
import { advanceClock, endIfQuiet, skip, stayOpen } from './report-clock.ts';
import { followContext } from './report-context.ts';

/** The whole parser as one step: `(what we knew, next item) → what we know`. */
export function advance(before: Assembly, item: RecordWithEvidence | Drained): Assembly {
  const cleared = before.completed.length === 0 ? before : { ...before, completed: [] };
  if (item.kind === 'drained') return advanceClock(cleared, item.atMs);
  const { line, monotonicUs, skippedUs } = item;
  const known = skippedUs === undefined ? cleared : skip(cleared, skippedUs);
  // Whatever time it took: the kernel prints a group's line right behind its victim's.
  const afterTime = line?.kind === 'group-kill' ? known : endIfQuiet(known, monotonicUs);
  const current = item.lost === 0 ? afterTime : breakAt(afterTime);
  if (line === undefined) return stayOpen(current, monotonicUs);
  const context = followContext(current.context, line, monotonicUs);
  return { ...advanceLine(current, line, item), context };
}

/** The log ends here: what is open is as complete as it will ever be. */
export function finish(before: Assembly): Assembly {
  return endReport({ ...before, completed: [] });
}

/**
 * Records were lost. Of a report with its kill, only a line about the same process can still come:
 * a group kill repeats its first victim. Of one without, only what names the victim's pid can still
 * be matched with a kill line.
 */
function breakAt(before: Assembly): Assembly {
  const { pace } = before.context;
  const known = { ...before, last: undefined, afterGap: true, context: { pace } };
  const { report } = known;
  if (report === undefined) return known;
  if (report.kills.length > 0) return { ...known, report: { ...report, cut: true } };
  if (chosenPid(report) === undefined) return { ...endReport(known), last: undefined };
  return { ...known, report: { ...report, broken: true } };
}

function advanceLine(known: Assembly, line: KernelLine, record: RecordWithEvidence): Assembly {
  switch (line.kind) {
    case 'header':
      return beginContext(known, record, { invoker: line.invoker, broken: false });
    case 'usage':
      return addToContext(
        known,
        record,
        { usageKb: line.usageKb, limitKb: line.limitKb },
        'usageKb',
      );
    case 'memory-statistics':
      return stayOpen(known, record.monotonicUs, moreStatistics(known, record));
    case 'task-columns':
      return addToContext(known, record, { columns: line.columns }, 'columns');
    case 'task-row':
      return addRow(known, record);
    case 'task-in':
      return addToContext(known, record, { taskIn: line }, 'taskIn');
    case 'oom-kill':
      return addToContext(known, record, { oomKill: line.text }, 'oomKill');
    case 'kill-announced':
      return announce(known, line, record);
    case 'kill':
      return addKill(known, line, record);
    case 'group-kill':
      return addGroup(known, line.memcg, record);
    case 'reaped':
      return addReaped(known, { record, pid: line.pid, comm: line.comm });
    case 'no-killable':
      return endWithoutKill(known);
    case 'already-exiting':
      return skipExiting(known, record);
    case 'callbacks-suppressed':
      return known;
  }
}

/** Context comes before the kill, each piece of it once; anything else begins another report. */
function addToContext(
  known: Assembly,
  record: RecordWithEvidence,
  facts: Partial<PartialReport>,
  once: keyof PartialReport,
): Assembly {
  const { report } = known;
  if (report === undefined || report.kills.length > 0 || report[once] !== undefined) {
    return beginContext(known, record, facts);
  }
  return grow(known, record, { ...report, ...facts });
}

/** 5.0 and 5.1 print the task twice; another task is another report's. */
function announce(known: Assembly, announced: KillAnnounced, record: RecordWithEvidence): Assembly {
  const named = known.report === undefined ? undefined : namedPid(known.report);
  return named === undefined || named === announced.pid
    ? addToContext(known, record, { announced }, 'announced')
    : beginContext(known, record, { announced });
}

/** Between the header and the table; anywhere else it only looks like one of these lines. */
function moreStatistics(
  { report }: Assembly,
  { message }: RecordWithEvidence,
): PartialReport['statistics'] {
  const isOver = (report?.columns ?? report?.oomKill ?? report?.announced) !== undefined;
  return isOver ? report?.statistics : { message, before: report?.statistics };
}

function addRow(known: Assembly, record: RecordWithEvidence): Assembly {
  const { report } = known;
  if (report?.columns === undefined || report.kills.length > 0) return known;
  const rows = { message: record.message, before: report.rows };
  return grow(known, record, { ...report, rows });
}
