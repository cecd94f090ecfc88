import type { Time } from '../clock.ts';
import type { KmsgRecord } from './record.ts';
import type { RecordClock, RecordTime } from './tell-time.ts';

/** What a clock that is in step is corrected by, at most: MAXFREQ, include/linux/timex.h, 500 ppm. */
const USUAL_SLEW = 500e-6;
/** What ADJ_TICK lets CLOCK_MONOTONIC be slewed by, 10 %. chrony uses 83,333 ppm of it to catch up (`maxslewrate`). */
const MAX_SLEW = 0.1;
/** A reader that was stopped for longer reads about cgroups that may be others by now. */
const MAX_LIVE_AGE_MS = 1000;

const US_PER_MS = 1000;

/** A bound of CLOCK_MONOTONIC minus the record clock, ms, and CLOCK_MONOTONIC when it held. */
interface Offset {
  readonly ms: number;
  readonly atMs: number;
}

type Read = Pick<KmsgRecord, 'live' | 'readAtMs' | 'monotonicUs'>;

/**
 * When a record was written.
 *
 * Its timestamp is `local_clock()`, which starts a little before CLOCK_MONOTONIC and is not slewed by
 * NTP, so the two drift apart by seconds in weeks, or in a minute while chrony catches up. A live record shows by how much, from both sides:
 * it was written before it was read, and after the log had last been found empty. The first is late
 * by however long the reader was, so the smallest such offset is the best; the second is early by
 * however long nothing was logged, and proves what it says: of every record from there on, live or not.
 *
 * What remains wrong: before the first live record the drift is unknown and taken as nothing; time
 * suspended between record and now is missing from both clocks, so a record from before it looks too young.
 * A fast slew is followed when a record shows it: forwards by the second that does, backwards by a prompt one.
 */
export class BootClock implements RecordClock {
  readonly #clock: Time;
  /** No smaller than the true one, by the least late read. */
  #atMost: Offset | undefined;
  /** When a record last was as prompt as `#atMost` says, by the monotonic clock. */
  #mostSampledAtMs = 0;
  /** No larger than the true one. */
  #atLeast: Offset | undefined;
  /** A lower bound above `#atMost`: one of the two is wrong. */
  #disputed: Offset | undefined;
  #drainedAtMs: number | undefined;

  constructor(clock: Time) {
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
    return {
      atMs: wallNowMs - ageMs,
      live: record.live && ageMs < MAX_LIVE_AGE_MS,
      earliestMs: this.#atLeast && writtenMs + lowered(this.#atLeast, nowMs),
    };
  }

  /** A bound is replaced by a tighter one at once, else given as much room as NTP usually makes. */
  #learn({ readAtMs, monotonicUs }: Read, nowMs: number, wallNowMs: number): void {
    const sinceReadMs = Math.max(0, wallNowMs - readAtMs);
    const writtenMs = monotonicUs / US_PER_MS;
    const upper = { ms: nowMs - sinceReadMs - writtenMs, atMs: nowMs };
    if (this.#drainedAtMs === undefined) return this.#tightenMost(upper);
    const lower = { ms: this.#drainedAtMs - writtenMs, atMs: this.#drainedAtMs };
    if (this.#isMostDisproved(upper, lower)) this.#atMost = undefined;
    this.#tightenMost(upper);
    this.#tightenLeast(lower, nowMs);
  }

  #tightenMost(upper: Offset): void {
    const mostMs = this.#mostMs(upper.atMs);
    if (upper.ms <= mostMs) this.#mostSampledAtMs = upper.atMs;
    this.#atMost = { ms: Math.min(upper.ms, mostMs), atMs: upper.atMs };
  }

  #mostMs(nowMs: number): number {
    if (this.#atMost === undefined) return Infinity;
    return this.#atMost.ms + (nowMs - this.#atMost.atMs) * USUAL_SLEW;
  }

  #tightenLeast(lower: Offset, nowMs: number): void {
    const ms = Math.max(lowered(lower, nowMs), lowered(this.#atLeast ?? lower, nowMs));
    this.#atLeast = ms > this.#mostMs(nowMs) ? undefined : { ms, atMs: nowMs };
  }

  /**
   * A lower bound above `#atMost` is of a clock that was slewed fast, or of a line that was begun, and
   * ended much later: that was not seen before, nor what came behind it, and proves nothing. Such a
   * line shows more than any slew makes, or is disproved by the next prompt read. A slew is shown
   * again, by a record that came after the log had been found empty once more.
   */
  #isMostDisproved(upper: Offset, lower: Offset): boolean {
    if (this.#disputed && upper.ms < lowered(this.#disputed, upper.atMs))
      this.#disputed = undefined;
    const excessMs = lowered(lower, upper.atMs) - this.#mostMs(upper.atMs);
    const canBeSlewed = excessMs <= (lower.atMs - this.#mostSampledAtMs) * MAX_SLEW;
    if (excessMs <= 0 || !canBeSlewed) return false;
    const isShownAgain = this.#disputed !== undefined && this.#disputed.atMs !== lower.atMs;
    this.#disputed = isShownAgain ? undefined : lower;
    return isShownAgain;
  }
}

/** A lower bound, with as much room as NTP usually makes since. */
function lowered({ ms, atMs }: Offset, nowMs: number): number {
  return ms - (nowMs - atMs) * USUAL_SLEW;
}
