import type { Drained } from '../kmsg/record.ts';
import { advanceClock, type Assembly, endIfQuiet, endReport, noContextsLeft } from './assembly.ts';
import type { OomEpisode } from './episode.ts';
import type { KernelLine, KillAnnounced, KillLine } from './kernel-lines.ts';
import type { WitnessedRecord } from './kill-evidence.ts';
import {
  belongs,
  chosenPid,
  isLateGroup,
  isLateMember,
  isSeenOutside,
  isWitnessOf,
  mayBeLate,
  namedPid,
} from './match-report.ts';
import { hasContext, mayBeGroups, NEW_REPORT, type PartialReport } from './partial-report.ts';
import { CONTEXT_BURST, CONTEXT_INTERVAL_MS, followContext } from './report-context.ts';

/** A kernel that logs without end does not keep a report open for ever. */
const MAX_REPORT_MS = 60_000;
/**
 * ___ratelimit(), lib/ratelimit.c, lets the interval pass and one jiffy more, the longest being 10 ms
 * (HZ=100); and the jiffies of an idle machine may be one behind.
 */
const TWO_JIFFIES_MS = 20;

/** The whole parser as one step: `(what we knew, next item) → what we know`. */
export function advance(before: Assembly, item: WitnessedRecord | Drained): Assembly {
  const known = before.completed.length === 0 ? before : { ...before, completed: [] };
  if (item.kind === 'drained') return advanceClock(known, item.atMs);
  const { line } = item;
  // Whatever time it took: the kernel prints a group's line right behind its victim's.
  const afterTime = line?.kind === 'group-kill' ? known : endIfQuiet(known, item.monotonicUs);
  const current = item.lost === 0 ? afterTime : breakAt(afterTime);
  if (line === undefined) return stayOpen(current, item);
  const context = followContext(current.context, line, item.monotonicUs);
  return { ...advanceLine(current, line, item), context };
}

/**
 * A report has some sixty lines that say nothing of the kill (`show_mem()`, the stack): on a console
 * that takes 100 ms for each, they are what shows that it goes on.
 */
function stayOpen(known: Assembly, { monotonicUs }: WitnessedRecord): Assembly {
  const { report } = known;
  if (report === undefined || mayBeGroups(report)) return known;
  if (monotonicUs - report.beganUs > MAX_REPORT_MS * 1000) return known;
  return { ...known, quietSinceMs: undefined, report: { ...report, lastUs: monotonicUs } };
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
  const known = { ...before, last: undefined, unfinished: undefined, context: { pace } };
  const { report } = known;
  if (report === undefined) return { ...known, afterGap: true };
  if (report.kills.length > 0)
    return { ...known, afterGap: true, report: { ...report, cut: true } };
  if (chosenPid(report) === undefined)
    return { ...endReport(known), last: undefined, unfinished: undefined, afterGap: true };
  return { ...known, afterGap: true, report: { ...report, broken: true } };
}

function advanceLine(known: Assembly, line: KernelLine, record: WitnessedRecord): Assembly {
  switch (line.kind) {
    case 'header':
      return beginContext(known, record, { invoker: line.invoker, broken: false });
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
      return addContext(known, record, { oomKill: line.text }, 'oomKill');
    case 'kill-announced':
      return announce(known, line, record);
    case 'kill':
      return addKill(known, line, record);
    case 'group-kill':
      return addGroup(known, line.memcg, record);
    case 'reaped':
      return addReaped(known, line.pid, line.comm, record);
    case 'no-killable':
      return endWithoutKill(known);
    case 'already-exiting':
      return skipExiting(known, record);
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
  const contextsUs = known.afterGap ? noContextsLeft(record.monotonicUs) : known.contextsUs;
  const nothingLate = { last: undefined, unfinished: undefined };
  const ended = { ...endReport(known), ...nothingLate, contextsUs, afterGap: false };
  return { ...ended, ...opened({ ...report, beganUs: record.monotonicUs }, record) };
}

/** The same with a line that the kernel rate-limits. */
function beginContext(
  known: Assembly,
  record: WitnessedRecord,
  facts: Partial<PartialReport>,
): Assembly {
  const begun = begin(known, record, facts);
  const contextsUs = [...begun.contextsUs, record.monotonicUs].slice(-CONTEXT_BURST);
  return { ...begun, contextsUs };
}

/** Lines of the last episode come late: it is completed anew. */
function reopen(
  known: Assembly,
  record: WitnessedRecord,
  amends: OomEpisode,
  facts: Partial<PartialReport>,
): Assembly {
  return { ...known, ...opened({ ...NEW_REPORT, ...facts, amends }, record) };
}

function opened(report: PartialReport, { monotonicUs, sequence }: WitnessedRecord) {
  const grown = { ...report, lastUs: monotonicUs, lastSequence: sequence };
  return { quietSinceMs: undefined, report: grown };
}

function grow(known: Assembly, record: WitnessedRecord, report: PartialReport): Assembly {
  return { ...known, ...opened(report, record) };
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
    return beginContext(known, record, facts);
  }
  return grow(known, record, { ...report, ...facts });
}

/** 5.0 and 5.1 print the task twice; another task is another report's. */
function announce(known: Assembly, announced: KillAnnounced, record: WitnessedRecord): Assembly {
  const named = known.report === undefined ? undefined : namedPid(known.report);
  return named === undefined || named === announced.pid
    ? addContext(known, record, { announced }, 'announced')
    : beginContext(known, record, { announced });
}

function addRow(known: Assembly, record: WitnessedRecord): Assembly {
  const { report } = known;
  if (report?.columns === undefined || report.kills.length > 0) return known;
  const rows = { message: record.message, before: report.rows };
  return grow(known, record, { ...report, rows });
}

function addKill(known: Assembly, line: KillLine, record: WitnessedRecord): Assembly {
  const { unfinished, last } = known;
  const hasLeft = hasContextsLeft(known, record);
  const kill = { ...line, record };
  const isLate = mayBeLate(unfinished?.group, kill, hasLeft);
  const report = known.report ?? (isLate ? unfinished : undefined);
  const place = report === undefined ? 'no' : belongs(report, kill, hasLeft);
  if (report !== undefined && place !== 'no') {
    const added = place === 'doubtful' ? { ...kill, isDoubtful: true as const } : kill;
    const grown = grow(known, record, { ...report, kills: [...report.kills, added] });
    return endIfAlone({ ...grown, unfinished: undefined }, report, record);
  }
  if (report === undefined && isLateMember(last, kill, hasLeft) && last?.group !== undefined) {
    return reopen(known, record, last, { kills: [kill], group: last.group });
  }
  return endIfAlone(begin(known, record, { kills: [kill] }), NEW_REPORT, record);
}

/** Whether the kernel would certainly have printed the context of a kill at that time. */
function hasContextsLeft({ contextsUs, afterGap }: Assembly, record: WitnessedRecord): boolean {
  const [oldestUs = -Infinity] = contextsUs.length < CONTEXT_BURST ? [] : contextsUs;
  const sinceMs = (record.monotonicUs - oldestUs) / 1000;
  return !afterGap && sinceMs >= CONTEXT_INTERVAL_MS + TWO_JIFFIES_MS;
}

/** A kill that cannot be a group's has been told with its line. */
function endIfAlone(
  known: Assembly,
  before: PartialReport,
  { noGroup }: WitnessedRecord,
): Assembly {
  const isFirst = before.kills.length === 0 && before.group === undefined;
  return isFirst && noGroup === true ? endReport(known) : known;
}

/**
 * `Tasks in … are going to be killed`: what follows are members. Where members were already being
 * folded, the kill line directly before it was no member but the next group's first victim.
 */
function addGroup(known: Assembly, group: string, record: WitnessedRecord): Assembly {
  const { report, last, context } = known;
  if (report === undefined && last !== undefined && isLateGroup(last, group)) {
    return reopen(known, record, last, { group });
  }
  const victim = context.last?.kind === 'kill' ? report?.kills.at(-1) : undefined;
  const isElsewhere = victim !== undefined && isSeenOutside(victim, group);
  if (report === undefined || isElsewhere || !mayHaveGroup(report)) {
    return begin(known, record, { group });
  }
  if (report.group === undefined) {
    return grow(known, record, { ...report, group, ...(victim === undefined && EXITING) });
  }
  if (victim === undefined) return begin(known, record, { group });
  const folded = { ...known, report: { ...report, kills: report.kills.slice(0, -1) } };
  return begin(folded, record, { group, kills: [victim] });
}

/** The chosen process was exiting; before 5.8 or so the kernel did not say so. */
const EXITING = { exiting: true } as const;

/** The kernel prints a group's line right behind what it says of the chosen process, if nothing is lost. */
function mayHaveGroup({ kills, cut, oomKill, taskIn, broken }: PartialReport): boolean {
  return kills.length > 0 ? cut !== true : (oomKill ?? taskIn) !== undefined && !broken;
}

/**
 * The reaper is evidence of a kill only where the kill line is missing: the report is open, names
 * this process or none, and nobody recorded it yet. The kill line still wins if it comes.
 */
function addReaped(known: Assembly, pid: number, comm: string, record: WitnessedRecord): Assembly {
  const { report } = known;
  if (report === undefined || report.kills.length > 0 || !hasContext(report)) return known;
  if (report.exiting === true) return known;
  if (known.recentPids.includes(pid) || !isWitnessOf(report, pid)) return known;
  return { ...known, report: { ...report, reaped: { record, pid, comm } } };
}

/** The kernel gave up: a report with no kill, and no episode. */
function endWithoutKill(known: Assembly): Assembly {
  const { report } = known;
  const ended =
    report === undefined || report.kills.length > 0
      ? endReport(known)
      : { ...known, report: undefined, quietSinceMs: undefined };
  return { ...ended, last: undefined, unfinished: undefined };
}

/**
 * A process that was exiting by itself is not killed. The kernel says it of the victim it chose, and
 * goes on to the rest of its group where there is one, or of a member of a group.
 */
function skipExiting(known: Assembly, record: WitnessedRecord): Assembly {
  const { report, last, unfinished } = known;
  if (report === undefined) {
    const isMembers = last?.group !== undefined || unfinished !== undefined;
    return isMembers ? known : { ...known, last: undefined };
  }
  if (report.group !== undefined) return grow(known, record, report);
  if (report.kills.length > 0) return { ...endReport(known), last: undefined };
  return grow(known, record, { ...report, ...EXITING });
}
