import { defer, filter, map, type MonoTypeOperatorFunction } from 'rxjs';
import type { Drained, KmsgRecord } from './record.ts';

/** Where in the ring to begin. */
export type StartPoint =
  /** With the oldest record it has. */
  | { readonly at: 'oldest' }
  /** With what is written from now on: after the last record there was. */
  | { readonly at: 'now'; readonly sequence: number }
  /** After the last record of an earlier run in the same boot. */
  | { readonly at: 'cursor'; readonly sequence: number };

/** Who is told how far reading has come. */
export interface StartReport {
  /** So many records were gone, between the cursor and the first one there is, when reading began. */
  away?(lost: number): void;
  /** This was the last record that was there at the start; said once, when the log is first drained. */
  caughtUp?(sequence: number): void;
}

/** Before the first record of a boot, whose sequence is 0. */
const NO_RECORD = -1;

/**
 * Leaves out what is not to be read: what was read by an earlier run, or what was there before now.
 *
 *     in (cursor 2)  --1--2-----5--drained--6--
 *     out            -----------5--drained--6--      away(2), caughtUp(5)
 */
export function startReading<T extends KmsgRecord>(
  start: StartPoint,
  report: StartReport,
): MonoTypeOperatorFunction<T | Drained> {
  return (items$) =>
    defer(() => {
      const reader = new StartReader(start, report);
      return items$.pipe(
        map((item) => reader.read(item)),
        filter((item) => item !== undefined),
      );
    });
}

/** One subscription's memory. */
class StartReader {
  readonly #start: StartPoint;
  readonly #report: StartReport;
  #last: number;
  /** Records were read, or there were none: what is missing from here on went while we read. */
  #hasBegun = false;
  #isCaughtUp = false;

  constructor(start: StartPoint, report: StartReport) {
    this.#start = start;
    this.#report = report;
    this.#last = start.at === 'oldest' ? NO_RECORD : start.sequence;
  }

  /** What is to be read of it. */
  read<T extends KmsgRecord>(item: T | Drained): T | Drained | undefined {
    if (item.kind === 'drained') this.#catchUp();
    else if (this.#start.at !== 'oldest') return this.#newOf(item, this.#start.sequence);
    else this.#last = item.sequence;
    return item;
  }

  #newOf<T extends KmsgRecord>(item: T, cursor: number): T | undefined {
    const { sequence, skippedUs = [] } = item;
    const first = sequence - skippedUs.length;
    const lost = first - cursor - 1;
    if (!this.#hasBegun && lost > 0) this.#report.away?.(lost);
    this.#hasBegun = true;
    if (sequence <= cursor) return undefined;
    this.#last = sequence;
    return lost < 0 ? { ...item, skippedUs: skippedUs.slice(-lost) } : item;
  }

  #catchUp(): void {
    if (this.#isCaughtUp) return;
    this.#isCaughtUp = true;
    this.#hasBegun = true;
    this.#report.caughtUp?.(this.#last);
  }
}
