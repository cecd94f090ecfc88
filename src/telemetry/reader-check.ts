import type { Check } from './server.ts';

/** The reader of the log, as somebody sees it who doubts that it turns over. */
export interface Reader {
  /** Reads that returned so far, also those that found nothing to read. */
  readonly reads: number;
  /** Asks for one more. */
  nudge(): void;
}

/**
 * Ten episodes that wait are recorded within a second; while they wait nothing is read, and that is
 * right. A disk that hangs for a minute, or a reader that never comes back, is cured by a restart
 * at best; the liveness probe gives it another minute.
 */
const STUCK_AFTER_MS = 60_000;

/**
 * Whether the reader turns over: each look asks it to read, and a later one finds out whether it did.
 * So a look never waits, and nothing happens between two.
 *
 * @param nowMs a clock that nobody sets
 * @param what is read
 */
export function readerCheck(reader: Reader, nowMs: () => number, what = 'the kernel log'): Check {
  let asked: { readonly atMs: number; readonly reads: number } | undefined;
  return () => {
    const { reads } = reader;
    if (asked?.reads !== reads) asked = { atMs: nowMs(), reads };
    reader.nudge();
    const waitedMs = nowMs() - asked.atMs;
    if (waitedMs < STUCK_AFTER_MS) return undefined;
    return `${what} has not been read for ${Math.floor(waitedMs / 1000)} s, though it was asked for`;
  };
}
