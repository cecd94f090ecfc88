import type { KmsgRecord } from './record.ts';
import type { RecordClock, RecordTime } from './tell-time.ts';

/** The two clocks of the machine, handed in from the edge. */
export interface Clock {
  /** ms since the epoch; may jump. */
  wallMs(): number;
  /** CLOCK_MONOTONIC in ms: since boot, as `process.hrtime` counts. Not `performance.now`. */
  monotonicMs(): number;
}

/** NTP slews CLOCK_MONOTONIC by at most this much: MAXFREQ, include/linux/timex.h, 500 ppm. */
const MAX_SLEW = 500e-6;
/** A reader that was stopped for longer reads about cgroups that may be others by now. */
const MAX_LIVE_AGE_MS = 1000;

const US_PER_MS = 1000;

/** CLOCK_MONOTONIC minus the record clock, ms, and CLOCK_MONOTONIC when that was learnt. */
interface Offset {
  readonly ms: number;
  readonly atMs: number;
}

type Read = Pick<KmsgRecord, 'live' | 'readAtMs' | 'monotonicUs'>;

/**
 * When a record was written.
 *
 * Its timestamp is `local_clock()`, which starts a little before CLOCK_MONOTONIC and is not slewed by
 * NTP, so the two drift apart by seconds in weeks. A live record shows by how much, from both sides:
 * it was written before it was read, and after the log had last been found empty. The first is late
 * by however long the reader was, so the smallest such offset is the best; the second is early by
 * however long nothing was logged, and proves what it says: of every record from there on, live or not.
 *
 * What remains wrong: before the first live record the drift is unknown and taken as nothing; time
 * suspended between record and now is missing from both clocks, so a record from before it looks too young.
 */
export class BootClock implements RecordClock {
  readonly #clock: Clock;
  /** No smaller than the true one, by the least late read. */
  #atMost: Offset | undefined;
  /** No larger than the true one. */
  #atLeast: Offset | undefined;
  #drainedAtMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The log was found empty. @param atMs the monotonic clock */
  drained(atMs: number): void {
    this.#drainedAtMs = atMs;
  }

  /** Call it in the order of the log, with every record. Its wall time is never in the future. */
  date(record: Read): RecordTime {
    const [wallNowMs, nowMs] = [this.#clock.wallMs(), this.#clock.monotonicMs()];
    if (record.live) this.#learn(record, nowMs, wallNowMs);
    const writtenMs = record.monotonicUs / US_PER_MS;
    const ageMs = Math.max(0, nowMs - writtenMs - (this.#atMost?.ms ?? 0));
    const earliestMs = this.#earliest(writtenMs, nowMs);
    return {
      atMs: wallNowMs - ageMs,
      live: record.live && ageMs < MAX_LIVE_AGE_MS,
      ...(earliestMs !== undefined && { earliestMs }),
    };
  }

  #earliest(writtenMs: number, nowMs: number): number | undefined {
    if (this.#atLeast === undefined) return undefined;
    return writtenMs + lowered(this.#atLeast, nowMs);
  }

  /** A bound is replaced by a tighter one at once, else given as much room as NTP can have made. */
  #learn({ readAtMs, monotonicUs }: Read, nowMs: number, wallNowMs: number): void {
    const sinceReadMs = Math.max(0, wallNowMs - readAtMs);
    const writtenMs = monotonicUs / US_PER_MS;
    const sampleMs = nowMs - sinceReadMs - writtenMs;
    const most = this.#atMost;
    const mostMs = most === undefined ? sampleMs : most.ms + (nowMs - most.atMs) * MAX_SLEW;
    this.#atMost = { ms: Math.min(sampleMs, mostMs), atMs: nowMs };
    if (this.#drainedAtMs === undefined) return;
    const sample = { ms: this.#drainedAtMs - writtenMs, atMs: this.#drainedAtMs };
    const ms = Math.max(lowered(sample, nowMs), lowered(this.#atLeast ?? sample, nowMs));
    // A line that was begun, and ended much later, was not seen before: it proves nothing.
    this.#atLeast = ms > this.#atMost.ms ? undefined : { ms, atMs: nowMs };
  }
}

/** A lower bound, with as much room as NTP can have made since. */
function lowered({ ms, atMs }: Offset, nowMs: number): number {
  return ms - (nowMs - atMs) * MAX_SLEW;
}
