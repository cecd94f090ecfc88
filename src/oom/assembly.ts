import type { OomEpisode } from './episode.ts';
import { isWitnessOf } from './match-report.ts';
import { toEpisode, type PartialReport } from './partial-report.ts';

/** What the assembler knows between two records. */
export interface Assembly {
  /** The report that is not over yet. */
  readonly report: PartialReport | undefined;
  /** The episode that the last step completed. */
  readonly episode: OomEpisode | undefined;
  /** When the log was first found drained after the report's last line, ms (monotonic). */
  readonly quietSinceMs: number | undefined;
  /** The victims recorded last: their reaper may still report. */
  readonly recentPids: readonly number[];
  /** Nothing of the OOM path has been read since a gap, or at all: a context may lie before it. */
  readonly afterGap: boolean;
  /** What the kernel said it withheld, summed up. */
  readonly callbacksSuppressed: number;
}

/** A report that has its kill line is over when nothing more comes; group kills take up to 14 ms. */
const QUIET_AFTER_KILL_MS = 20;
/** One whose kill line is missing may still get it: gaps of 115 ms within a report are on record. */
const QUIET_BEFORE_KILL_MS = 5_000;
/** The reaper comes up to 361 ms late, and a storm kills dozens meanwhile. */
const MAX_RECENT_PIDS = 64;

/** Nothing read yet. */
export const IDLE: Assembly = {
  report: undefined,
  episode: undefined,
  quietSinceMs: undefined,
  recentPids: [],
  afterGap: true,
  callbacksSuppressed: 0,
};

/** When the log should be looked at again for the report to end, ms (monotonic). */
export function deadlineMs({ report, quietSinceMs }: Assembly): number | undefined {
  if (report === undefined || quietSinceMs === undefined) return undefined;
  return quietSinceMs + quietMs(report);
}

/**
 * A drained log is the only clock: the reader was there and nothing came. The time is taken at the
 * first look that found nothing and believed at a second one, so a stalled reader ends no report.
 */
export function advanceClock(known: Assembly, nowMs: number): Assembly {
  if (known.report === undefined) return known;
  if (known.quietSinceMs === undefined) return { ...known, quietSinceMs: nowMs };
  return nowMs >= known.quietSinceMs + quietMs(known.report) ? endReport(known) : known;
}

/** The same rule by the records' own time, so that a log read in one burst says the same. */
export function endIfQuiet(known: Assembly, nowUs: number): Assembly {
  const { report } = known;
  const isOver = report !== undefined && nowUs - report.lastUs >= quietMs(report) * 1000;
  return isOver ? endReport(known) : known;
}

function quietMs(report: PartialReport): number {
  return report.kills.length > 0 ? QUIET_AFTER_KILL_MS : QUIET_BEFORE_KILL_MS;
}

/** Ends the open report: the next line begins another. */
export function endReport(known: Assembly): Assembly {
  if (known.report === undefined) return known;
  const episode = toEpisode(withoutStranger(known.report));
  const killed = episode === undefined ? [] : [episode.victim, ...episode.members];
  const recentPids = [...known.recentPids, ...killed.map(({ pid }) => pid)];
  return {
    ...known,
    report: undefined,
    quietSinceMs: undefined,
    episode,
    recentPids: recentPids.slice(-MAX_RECENT_PIDS),
  };
}

/** The reaper's word was taken before the report had named its victim: now it can be checked. */
function withoutStranger(report: PartialReport): PartialReport {
  const { reaped, ...rest } = report;
  return reaped === undefined || isWitnessOf(report, reaped.pid) ? report : rest;
}
