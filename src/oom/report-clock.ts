import { type Assembly, endReport } from './assembly.ts';
import { mayBeGroups, type PartialReport } from './partial-report.ts';
import { nextWithinMs, type ReportContext } from './report-context.ts';

/** A report whose kill line is missing may still get it: gaps of 115 ms within a report are on record. */
const MAX_QUIET_MS = 5_000;
/** A kernel that logs without end does not keep a report open for ever. */
const MAX_REPORT_MS = 60_000;

/** When the log should be looked at again for the report to end, ms (monotonic). */
export function deadlineMs({ report, quietSinceMs, context }: Assembly): number | undefined {
  if (report === undefined || quietSinceMs === undefined) return undefined;
  return quietSinceMs + quietMs(report, context);
}

/**
 * A drained log is the only clock: the reader was there and nothing came. The time is taken at the
 * first look that found nothing and believed at a second one, so a stalled reader ends no report.
 */
export function advanceClock(known: Assembly, nowMs: number): Assembly {
  if (known.report === undefined) return known;
  const atMs = deadlineMs(known);
  if (atMs === undefined) return { ...known, quietSinceMs: nowMs };
  return nowMs >= atMs ? endReport(known) : known;
}

/** The same rule by the records' own time, so that a log read in one burst says the same. */
export function endIfQuiet(known: Assembly, nowUs: number): Assembly {
  const { report, context } = known;
  const isOver = report !== undefined && nowUs - report.lastUs >= quietMs(report, context) * 1000;
  return isOver ? endReport(known) : known;
}

/**
 * A report has some sixty lines that say nothing of the kill (`show_mem()`, the stack): on a console
 * that takes 100 ms for each, they are what shows that it goes on.
 *
 * @param statistics the report's, with what such a line adds to them
 */
export function stayOpen(
  known: Assembly,
  nowUs: number,
  statistics = known.report?.statistics,
): Assembly {
  const { report } = known;
  if (report === undefined || mayBeGroups(report)) return known;
  if (nowUs - report.beganUs > MAX_REPORT_MS * 1000) return known;
  return { ...known, quietSinceMs: undefined, report: { ...report, statistics, lastUs: nowUs } };
}

/** What `endIfQuiet` and `stayOpen` come to for records that say nothing, one after the other. */
export function skip(known: Assembly, timesUs: readonly number[]): Assembly {
  const { report } = known;
  if (report === undefined) return known;
  const quietUs = quietMs(report, known.context) * 1000;
  const openUntilUs = mayBeGroups(report) ? -Infinity : report.beganUs + MAX_REPORT_MS * 1000;
  let lastUs: number | undefined;
  for (const us of timesUs) {
    if (us - (lastUs ?? report.lastUs) >= quietUs) return endReport(known);
    if (us <= openUntilUs) lastUs = us;
  }
  if (lastUs === undefined) return known;
  return { ...known, quietSinceMs: undefined, report: { ...report, lastUs } };
}

/** A kill that may be a group's is over when the group's lines are overdue. */
function quietMs(report: PartialReport, context: ReportContext): number {
  return mayBeGroups(report) ? nextWithinMs(context) : MAX_QUIET_MS;
}
