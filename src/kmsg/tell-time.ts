import { map, type OperatorFunction } from 'rxjs';
import type { Drained, KmsgRecord, LogItem } from './record.ts';

/** When a record was written, as far as that is known. */
export interface RecordTime {
  /** Wall clock, ms since the epoch. */
  readonly atMs: number;
  /** It was read as it was written, or so soon after that what it says is still so. */
  readonly live: boolean;
  /** Certainly not before this, by this machine's monotonic clock, ms. Unknown of the backlog at the start. */
  readonly earliestMs?: number | undefined;
}

/** Knows when a record was written. */
export interface RecordClock {
  /** Asked once for every record, in the order of the log. */
  date(record: KmsgRecord): RecordTime;
  /** The log was found empty. @param atMs the monotonic clock */
  drained?(atMs: number): void;
}

/** A record, and when it was written. */
export type DatedRecord = KmsgRecord & RecordTime;

/** Dates each record, while what it was read beside is still known. */
export function tellTime(clock: RecordClock): OperatorFunction<LogItem, DatedRecord | Drained> {
  return map((item) => {
    if (item.kind === 'drained') {
      clock.drained?.(item.atMs);
      return item;
    }
    const { atMs, live, earliestMs } = clock.date(item);
    return { ...item, atMs, live, earliestMs };
  });
}

/** For a saved log: the time of its boot is all that is known, and every record counts from there. */
export function clockSinceBoot(bootMs: number): RecordClock {
  return {
    date: ({ monotonicUs, live }) => ({ atMs: bootMs + monotonicUs / 1000, live }),
  };
}
