import type { ByteString, Drained } from '../kmsg/record.ts';
import { advanceClock, type Assembly, endIfQuiet, endReport } from './assembly.ts';
import {
  readKernelLine,
  type KernelLine,
  type KillAnnounced,
  type KillLine,
} from './kernel-lines.ts';
import type { WitnessedRecord } from './kill-evidence.ts';
import { belongs, chosenPid, isWitnessOf, namedPid } from './match-report.ts';
import { hasContext, NEW_REPORT, type PartialReport } from './partial-report.ts';

/** The whole parser as one step: `(what we knew, next item) → what we know`. */
export function advance(before: Assembly, item: WitnessedRecord | Drained): Assembly {
  const known = before.episode === undefined ? before : { ...before, episode: undefined };
  if (item.kind === 'drained') return advanceClock(known, item.atMs);
  const afterTime = endIfQuiet(known, item.monotonicUs);
  const afterGap = item.lost === 0 ? afterTime : breakAt(afterTime);
  const line = readLine(item);
  return line === undefined ? afterGap : advanceLine(afterGap, line, item);
}

/** The log ends here: what is open is as complete as it will ever be. */
export function finish(before: Assembly): Assembly {
  return endReport({ ...before, episode: undefined });
}

/**
 * Records were lost. Of a report with its kill, only a line about the same process can still come:
 * a group kill repeats its first victim. Of one without, only what names the victim's pid can still
 * be matched with a kill line.
 */
function breakAt(known: Assembly): Assembly {
  const { report } = known;
  if (report === undefined) return { ...known, afterGap: true };
  if (report.kills.length > 0)
    return { ...known, afterGap: true, report: { ...report, cut: true } };
  if (chosenPid(report) === undefined) return { ...endReport(known), afterGap: true };
  return { ...known, afterGap: true, report: { ...report, broken: true } };
}

/** A fragment that continues no open line says nothing; but a name may make a header look like one. */
function readLine({ message, flag }: WitnessedRecord): KernelLine | undefined {
  const line = readKernelLine(message);
  return flag === '-' || line?.kind === 'header' ? line : undefined;
}

function advanceLine(known: Assembly, line: KernelLine, record: WitnessedRecord): Assembly {
  switch (line.kind) {
    case 'header':
      return begin(known, record, { invoker: line.invoker, broken: false });
    case 'usage':
      return addContext(known, record, { usageKb: line.usageKb, limitKb: line.limitKb }, 'usageKb');
    case 'task-columns':
      return addContext(known, record, { columns: line.columns }, 'columns');
    case 'task-row':
      return addRow(known, record);
    case 'task-in': {
      const { taskMemcg, oomMemcg } = line;
      return addContext(known, record, { taskIn: { taskMemcg, oomMemcg } }, 'taskIn');
    }
    case 'oom-kill':
      return addContext(known, record, { oomKill: record.message }, 'oomKill');
    case 'kill-announced':
      return announce(known, line, record);
    case 'kill':
      return addKill(known, line, record);
    case 'group-kill':
      return addGroup(known, line.memcg, record);
    case 'reaped':
      return addReaped(known, line.pid, line.comm, record);
    case 'no-killable':
    case 'already-exiting':
      return endWithoutKill(known);
    case 'callbacks-suppressed':
      return { ...known, callbacksSuppressed: known.callbacksSuppressed + line.count };
  }
}

/**
 * Ends what is open, in whatever state, and begins a report with `facts`. A report that does not
 * begin with its header may have lost it in a gap: the kernel prints one report at a time, so only
 * the first one after a gap is in doubt.
 */
function begin(known: Assembly, record: WitnessedRecord, facts: Partial<PartialReport>): Assembly {
  const report = { ...NEW_REPORT, broken: known.afterGap, ...facts };
  return grow({ ...endReport(known), afterGap: false }, record, report);
}

function grow(known: Assembly, record: WitnessedRecord, report: PartialReport): Assembly {
  return {
    ...known,
    quietSinceMs: undefined,
    report: { ...report, lastUs: record.monotonicUs },
  };
}

/** Context comes before the kill, each piece of it once; anything else begins another report. */
function addContext(
  known: Assembly,
  record: WitnessedRecord,
  facts: Partial<PartialReport>,
  once: keyof PartialReport,
): Assembly {
  const { report } = known;
  if (report === undefined || report.kills.length > 0 || report[once] !== undefined) {
    return begin(known, record, facts);
  }
  return grow(known, record, { ...report, ...facts });
}

/** 5.0 and 5.1 print the task twice; another task is another report's. */
function announce(known: Assembly, announced: KillAnnounced, record: WitnessedRecord): Assembly {
  const named = known.report === undefined ? undefined : namedPid(known.report);
  return named === undefined || named === announced.pid
    ? addContext(known, record, { announced }, 'announced')
    : begin(known, record, { announced });
}

function addRow(known: Assembly, record: WitnessedRecord): Assembly {
  const { report } = known;
  if (report?.columns === undefined || report.kills.length > 0) return known;
  const rows = { message: record.message, before: report.rows };
  return grow(known, record, { ...report, rows });
}

function addKill(known: Assembly, line: KillLine, record: WitnessedRecord): Assembly {
  const { report } = known;
  const kill = { ...line, record };
  if (report !== undefined && belongs(report, kill)) {
    return grow(known, record, { ...report, kills: [...report.kills, kill] });
  }
  return begin(known, record, { kills: [kill] });
}

/**
 * `Tasks in … are going to be killed`: what follows are members. Where members were already being
 * folded, the kill line directly before it was no member but the next group's first victim.
 */
function addGroup(known: Assembly, group: ByteString, record: WitnessedRecord): Assembly {
  const { report } = known;
  if (report === undefined || report.cut === true) return begin(known, record, { group });
  if (report.group === undefined) return grow(known, record, { ...report, group });
  const victim = report.kills.at(-1);
  if (victim === undefined) return begin(known, record, { group });
  const folded = { ...known, report: { ...report, kills: report.kills.slice(0, -1) } };
  return begin(folded, record, { group, kills: [victim] });
}

/**
 * The reaper is evidence of a kill only where the kill line is missing: the report is open, names
 * this process or none, and nobody recorded it yet. The kill line still wins if it comes.
 */
function addReaped(known: Assembly, pid: number, comm: string, record: WitnessedRecord): Assembly {
  const { report } = known;
  if (report === undefined || report.kills.length > 0 || !hasContext(report)) return known;
  if (known.recentPids.includes(pid) || !isWitnessOf(report, pid)) return known;
  return { ...known, report: { ...report, reaped: { record, pid, comm } } };
}

/** The kernel gave up, or the victim was dying by itself: a report with no kill, and no episode. */
function endWithoutKill(known: Assembly): Assembly {
  const { report } = known;
  return report === undefined || report.kills.length > 0
    ? endReport(known)
    : { ...known, report: undefined, quietSinceMs: undefined };
}
