import { map, type OperatorFunction } from 'rxjs';
import type { Drained, KmsgRecord, LogItem } from './record.ts';

/** Knows when, by the wall clock, a record was written. */
export interface RecordClock {
  /** ms since the epoch. Asked once for every record, in the order of the log. */
  wallMsOf(record: KmsgRecord): number;
}

/** A record, and when it was written: ms since the epoch. */
export type DatedRecord = KmsgRecord & { readonly atMs: number };

/** Dates each record, while what it was read beside is still known. */
export function tellTime(clock: RecordClock): OperatorFunction<LogItem, DatedRecord | Drained> {
  return map((item) => (item.kind === 'drained' ? item : { ...item, atMs: clock.wallMsOf(item) }));
}

/** For a saved log: the time of its boot is all that is known, and every record counts from there. */
export function clockSinceBoot(bootMs: number): RecordClock {
  return { wallMsOf: ({ monotonicUs }) => bootMs + monotonicUs / 1000 };
}
