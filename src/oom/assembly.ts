import type { OomEpisode } from './episode.ts';
import { isWitnessOf } from './match-report.ts';
import {
  amendEpisode,
  type Kill,
  mayBeGroups,
  NEW_REPORT,
  type PartialReport,
  toEpisode,
} from './partial-report.ts';
import {
  CONTEXT_BURST,
  CONTEXT_INTERVAL_MS,
  nextWithinMs,
  NO_CONTEXT,
  type ReportContext,
} from './report-context.ts';

/** An episode the last step completed, or completed anew because lines of it came late. */
export interface Completed {
  readonly episode: OomEpisode;
  /** What it was taken for before. */
  readonly before?: OomEpisode;
}

/** What the assembler knows between two records. */
export interface Assembly {
  /** The report that is not over yet. */
  readonly report: PartialReport | undefined;
  /** The episodes that the last step completed. */
  readonly completed: readonly Completed[];
  /** The last episode, while nothing else of the OOM path has been read since: lines may still be its. */
  readonly last: OomEpisode | undefined;
  /** The same of a group of which nobody has been killed yet: the chosen process was exiting. */
  readonly unfinished: PartialReport | undefined;
  /** When the newest reports with context began, µs, the oldest first. */
  readonly contextsUs: readonly number[];
  readonly context: ReportContext;
  /** When the log was first found drained after the report's last line, ms (monotonic). */
  readonly quietSinceMs: number | undefined;
  /** The victims recorded last: their reaper may still report. */
  readonly recentPids: readonly number[];
  /** Nothing of the OOM path has been read since a gap, or at all: a context may lie before it. */
  readonly afterGap: boolean;
  /** What the kernel said it withheld, summed up. */
  readonly callbacksSuppressed: number;
}

/** A report whose kill line is missing may still get it: gaps of 115 ms within a report are on record. */
const MAX_QUIET_MS = 5_000;
/** The reaper comes up to 361 ms late, and a storm kills dozens meanwhile. */
const MAX_RECENT_PIDS = 64;

/** Nothing read yet. */
export const IDLE: Assembly = {
  report: undefined,
  completed: [],
  last: undefined,
  unfinished: undefined,
  contextsUs: [],
  context: NO_CONTEXT,
  quietSinceMs: undefined,
  recentPids: [],
  afterGap: true,
  callbacksSuppressed: 0,
};

/**
 * Goes on where an earlier process stopped: lines of its last episode may be the first to be read.
 *
 * @param recent its last episodes of this boot, the newest first, with no records lost since
 */
export function resumeAfter(recent: readonly OomEpisode[]): Assembly {
  const [newestUs, oldestUs] = [recent[0]?.monotonicUs ?? 0, recent.at(-1)?.monotonicUs ?? 0];
  const areAll = newestUs - oldestUs >= CONTEXT_INTERVAL_MS * 1000;
  const full = recent.filter(({ context }) => context === 'full');
  const contextsUs = areAll
    ? full.map(({ monotonicUs }) => monotonicUs).toReversed()
    : noContextsLeft(newestUs);
  const recentPids = recent.flatMap(pidsOf).slice(0, MAX_RECENT_PIDS).toReversed();
  return { ...IDLE, last: recent[0], contextsUs, recentPids, afterGap: recent.length === 0 };
}

/** As if the kernel had just printed all contexts that it prints: what it did print is not known. */
export function noContextsLeft(nowUs: number): readonly number[] {
  return Array.from({ length: CONTEXT_BURST }, () => nowUs);
}

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
  const { report, quietSinceMs, context } = known;
  if (report === undefined) return known;
  if (quietSinceMs === undefined) return { ...known, quietSinceMs: nowMs };
  return nowMs >= quietSinceMs + quietMs(report, context) ? endReport(known) : known;
}

/** The same rule by the records' own time, so that a log read in one burst says the same. */
export function endIfQuiet(known: Assembly, nowUs: number): Assembly {
  const { report, context } = known;
  const isOver = report !== undefined && nowUs - report.lastUs >= quietMs(report, context) * 1000;
  return isOver ? endReport(known) : known;
}

/** A kill that may be a group's is over when the group's lines are overdue. */
function quietMs(report: PartialReport, context: ReportContext): number {
  return mayBeGroups(report) ? nextWithinMs(context) : MAX_QUIET_MS;
}

/** Ends the open report: the next line begins another, or is a late one of this. */
export function endReport(known: Assembly): Assembly {
  const { report } = known;
  if (report === undefined) return known;
  const [sure, strangers] = withoutDoubtful(report);
  const done = { ...known, report: undefined, quietSinceMs: undefined };
  const ended = strangers.map(alone).reduce(endOne, endOne(done, sure));
  return report.cut === true ? { ...ended, last: undefined, unfinished: undefined } : ended;
}

function endOne(known: Assembly, report: PartialReport): Assembly {
  const completed = complete(report);
  if (completed === undefined) {
    const unfinished = report.amends === undefined && report.group !== undefined;
    return { ...known, last: lateGroup(report), unfinished: unfinished ? report : undefined };
  }
  const { episode } = completed;
  return {
    ...known,
    completed: [...known.completed, completed],
    last: episode,
    unfinished: undefined,
    recentPids: [...known.recentPids, ...pidsOf(episode)].slice(-MAX_RECENT_PIDS),
  };
}

/** Between two of a group nothing else is printed: only what comes behind its last sure line may be another's. */
function withoutDoubtful(report: PartialReport): readonly [PartialReport, readonly Kill[]] {
  const { kills } = report;
  const sure = kills.findLastIndex(({ isDoubtful }) => isDoubtful !== true) + 1;
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
  if (amends === undefined) {
    const episode = toEpisode(withoutStranger(report));
    return episode && { episode };
  }
  const episode = amendEpisode(amends, report);
  return episode && { episode, before: amends };
}

/** The group's line came late, and none of its members' yet. */
function lateGroup({ amends, group }: PartialReport): OomEpisode | undefined {
  return amends === undefined || group === undefined ? amends : { ...amends, group };
}

/** The reaper's word was taken before the report had named its victim: now it can be checked. */
function withoutStranger(report: PartialReport): PartialReport {
  const { reaped, ...rest } = report;
  return reaped === undefined || isWitnessOf(report, reaped.pid) ? report : rest;
}
