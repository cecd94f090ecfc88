/**
 * How fast the kernel gets its lines out, by their timestamps: a console on a serial line holds each
 * one up (26 ms for 100 bytes at 38,400 baud), and the next is stamped when it is through.
 */
export interface Pace {
  /** The longest way from one line to the next, µs; `undefined` before any was seen. */
  readonly slowestUs?: number | undefined;
  /** It is of the report before: the newest has not shown its own yet. */
  readonly isOfLast: boolean;
}

/** Nothing is known yet. */
export const UNKNOWN_PACE: Pace = { isOfLast: true };

/** A group's lines came 4 ms apart on a node, 14 ms on a slow machine, on consoles that were not. */
const MIN_WAIT_MS = 20;
/**
 * 9,600 baud, the slowest console in use, takes 0.5 s for the longest line of a report (500 bytes).
 * Who is slower still, or was stopped by a CPU quota, has its late lines added to the episode.
 */
export const MAX_WAIT_MS = 1_000;
/** The longest line of a report is longer than any of a group; twice that forgives a busy machine. */
const PACES = 2;

/** One line after another of the same report. */
export function measurePace({ slowestUs, isOfLast }: Pace, betweenUs: number): Pace {
  const slowest = isOfLast || slowestUs === undefined ? betweenUs : Math.max(slowestUs, betweenUs);
  return { slowestUs: slowest, isOfLast: false };
}

/** A report with context begins: until its lines show their pace, the last one's stands. */
export function keepPace({ slowestUs }: Pace): Pace {
  return { slowestUs, isOfLast: true };
}

/** How long after a kill line, or a member's, the group's next one may come. */
export function groupWaitMs({ slowestUs }: Pace): number {
  if (slowestUs === undefined) return MAX_WAIT_MS;
  return Math.min(Math.max((slowestUs / 1000) * PACES, MIN_WAIT_MS), MAX_WAIT_MS);
}
