import {
  addContext,
  contextsOf,
  noContextsLeft,
  type PrintedContexts,
} from './context-ratelimit.ts';
import type { OomEpisode } from './episode.ts';
import type { RecordWithEvidence } from './look-at-kills.ts';
import { type Kill, NEW_REPORT, type PartialReport } from './partial-report.ts';
import { NO_CONTEXT, type ReportContext } from './report-context.ts';
import { amendEpisode, toEpisode } from './report-episode.ts';

/** An episode the last step completed, or completed anew because lines of it came late. */
export interface Completed {
  readonly episode: OomEpisode;
  /** What it was taken for before. */
  readonly before?: OomEpisode | undefined;
}

/** What the assembler knows between two records. */
export interface Assembly {
  /** The report that is not over yet. */
  readonly report: PartialReport | undefined;
  /** The episodes that the last step completed. */
  readonly completed: readonly Completed[];
  /**
   * What ended last, as its late lines would go on with it, while nothing else of the OOM path has been
   * read since: an episode, or a group of which nobody has been killed yet.
   */
  readonly last: PartialReport | undefined;
  readonly contexts: PrintedContexts;
  readonly context: ReportContext;
  /** When the log was first found drained after the report's last line, ms (monotonic). */
  readonly quietSinceMs: number | undefined;
  /** The victims recorded last: their reaper may still report. */
  readonly recentPids: readonly number[];
  /** Nothing of the OOM path has been read since a gap, or at all: a context may lie before it. */
  readonly afterGap: boolean;
}

/** The reaper comes up to 361 ms late, and a storm kills dozens meanwhile. */
const MAX_RECENT_PIDS = 64;

/**
 * Goes on where an earlier process stopped: lines of its last episode may be the first to be read.
 *
 * @param recent its last episodes of this boot, the newest first, with no records lost since
 */
export function resumeAfter(recent: readonly OomEpisode[]): Assembly {
  const [newest] = recent;
  return {
    report: undefined,
    completed: [],
    last: newest && amending(newest),
    contexts: contextsOf(recent),
    context: NO_CONTEXT,
    quietSinceMs: undefined,
    recentPids: recent.flatMap(pidsOf).slice(0, MAX_RECENT_PIDS).toReversed(),
    afterGap: newest === undefined,
  };
}

/**
 * Ends what is open, in whatever state, and begins a report with `facts`. A report that does not
 * begin with its header may have lost it in a gap: the kernel prints one report at a time, so only
 * the first one after a gap is uncertain.
 */
export function begin(
  known: Assembly,
  record: RecordWithEvidence,
  facts: Partial<PartialReport>,
): Assembly {
  const { afterGap } = known;
  const beganUs = record.monotonicUs;
  const contexts = afterGap ? noContextsLeft(beganUs) : known.contexts;
  const ended = { ...endReport(known), last: undefined, contexts, afterGap: false };
  return grow(ended, record, { ...NEW_REPORT, broken: afterGap, ...facts, beganUs });
}

/** The same with a line that the kernel rate-limits. */
export function beginContext(
  known: Assembly,
  record: RecordWithEvidence,
  facts: Partial<PartialReport>,
): Assembly {
  const begun = begin(known, record, facts);
  return { ...begun, contexts: addContext(begun.contexts, record.monotonicUs) };
}

/** `report` is what is open now, and the record its last line. */
export function grow(known: Assembly, record: RecordWithEvidence, report: PartialReport): Assembly {
  const { monotonicUs: lastUs, sequence: lastSequence } = record;
  return { ...known, quietSinceMs: undefined, report: { ...report, lastUs, lastSequence } };
}

/** Ends the open report: the next line begins another, or is a late one of this. */
export function endReport(known: Assembly): Assembly {
  const { report } = known;
  if (report === undefined) return known;
  const [sure, strangers] = withoutUncertain(report);
  const done = { ...known, report: undefined, quietSinceMs: undefined };
  const ended = strangers.map(alone).reduce(endOne, endOne(done, sure));
  return report.cut === true ? { ...ended, last: undefined } : ended;
}

function endOne(known: Assembly, report: PartialReport): Assembly {
  const completed = complete(report);
  if (completed === undefined) {
    const { amends, group } = report;
    const unfinished = group === undefined ? undefined : report;
    return { ...known, last: amends === undefined ? unfinished : amending(amends, group) };
  }
  const { episode } = completed;
  return {
    ...known,
    completed: [...known.completed, completed],
    last: amending(episode),
    recentPids: [...known.recentPids, ...pidsOf(episode)].slice(-MAX_RECENT_PIDS),
  };
}

/** Late lines of an episode begin with this; the group's own may have come, and no member's yet. */
function amending(amends: OomEpisode, group = amends.group): PartialReport {
  return { ...NEW_REPORT, amends, group };
}

/** Between two of a group nothing else is printed: only what comes behind its last sure line may be another's. */
function withoutUncertain(report: PartialReport): readonly [PartialReport, readonly Kill[]] {
  const { kills } = report;
  const sure = kills.findLastIndex(({ isUncertain }) => isUncertain !== true) + 1;
  const lastSequence = kills[sure]?.record.sequence;
  if (lastSequence === undefined) return [report, []];
  return [
    { ...report, kills: kills.slice(0, sure), lastSequence: lastSequence - 1 },
    kills.slice(sure),
  ];
}

function alone(kill: Kill): PartialReport {
  const { sequence, monotonicUs } = kill.record;
  return { ...NEW_REPORT, kills: [kill], lastUs: monotonicUs, lastSequence: sequence };
}

function pidsOf({ victim, members }: OomEpisode): readonly number[] {
  return [victim, ...members].map(({ pid }) => pid);
}

function complete(report: PartialReport): Completed | undefined {
  const { amends } = report;
  const episode = amends === undefined ? toEpisode(report) : amendEpisode(amends, report);
  return episode && { episode, before: amends };
}
