import { defer, filter, type OperatorFunction } from 'rxjs';
import type { LogItem } from './record.ts';

/** Where in the ring to begin. */
export type StartPoint =
  /** With the oldest record it has. */
  | { readonly at: 'oldest' }
  /** With what is written from now on. */
  | { readonly at: 'now' }
  /** After the last record of an earlier run in the same boot. */
  | { readonly at: 'cursor'; readonly sequence: number };

/** What there is to be told of the records before the start. */
export interface StartReport {
  /** So many records went unread between the cursor and the first one there is. */
  away(lost: number): void;
  /** The last record that was there already, and is left out. */
  skipped(sequence: number): void;
}

/**
 * Leaves out what is not to be read: what was read by an earlier run, or what is there already.
 *
 *     in (cursor 2)  --1--2-----5--6--
 *     out            -----------5--6--      away(2)
 */
export function startReading(
  start: StartPoint,
  report: StartReport,
): OperatorFunction<LogItem, LogItem> {
  switch (start.at) {
    case 'oldest':
      return (items$) => items$;
    case 'now':
      return skipUntilDrained(report);
    case 'cursor':
      return skipUpTo(start.sequence, report);
  }
}

function skipUntilDrained(report: StartReport): OperatorFunction<LogItem, LogItem> {
  return (items$) =>
    defer(() => {
      let started = false;
      let last: number | undefined;
      return items$.pipe(
        filter((item) => {
          if (started) return true;
          started = item.kind === 'drained';
          if (item.kind === 'record') last = item.sequence;
          else if (last !== undefined) report.skipped(last);
          return started;
        }),
      );
    });
}

function skipUpTo(sequence: number, report: StartReport): OperatorFunction<LogItem, LogItem> {
  return (items$) =>
    defer(() => {
      let started = false;
      return items$.pipe(
        filter((item) => {
          if (item.kind === 'drained') return true;
          if (item.sequence <= sequence) return false;
          const lost = item.sequence - sequence - 1;
          if (!started && lost > 0) report.away(lost);
          started = true;
          return true;
        }),
      );
    });
}
