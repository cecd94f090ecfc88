import type { KmsgRecord } from './record.ts';

/** The two clocks of the machine, handed in from the edge. */
export interface Clock {
  /** ms since the epoch; may jump. */
  wallMs(): number;
  /** CLOCK_MONOTONIC in ms: since boot, as `process.hrtime` counts. Not `performance.now`. */
  monotonicMs(): number;
}

/** NTP slews CLOCK_MONOTONIC by at most this much: MAXFREQ, include/linux/timex.h, 500 ppm. */
const MAX_SLEW = 500e-6;

const US_PER_MS = 1000;

interface Offset {
  /** CLOCK_MONOTONIC minus the record clock, ms. */
  readonly ms: number;
  /** CLOCK_MONOTONIC when it was learnt. */
  readonly atMs: number;
}

/**
 * When, by the wall clock, a record was written.
 *
 * A live record was written when it was read, give or take the few ms a reader needs to wake. For one
 * of the backlog all there is is its timestamp: wall now − (monotonic now − timestamp). The timestamp
 * is `local_clock()`, which starts a little before CLOCK_MONOTONIC and is not slewed by NTP, so the
 * two drift apart by seconds in weeks; each live record shows by how much at that moment.
 *
 * What remains wrong: before the first live record the drift is unknown and taken as nothing; time
 * suspended between record and now is missing from both clocks, so a record from before it looks too young.
 */
export class BootClock {
  readonly #clock: Clock;
  #offset: Offset | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** ms since the epoch, never in the future. Call it in the order of the log, with every record. */
  wallMsOf(record: Pick<KmsgRecord, 'live' | 'readAtMs' | 'monotonicUs'>): number {
    const wallNowMs = this.#clock.wallMs();
    if (record.live) {
      this.#learn(record, wallNowMs);
      return Math.min(record.readAtMs, wallNowMs);
    }
    const writtenMs = record.monotonicUs / US_PER_MS + (this.#offset?.ms ?? 0);
    const ageMs = this.#clock.monotonicMs() - writtenMs;
    return wallNowMs - Math.max(0, ageMs);
  }

  /**
   * A late read looks exactly like an offset that grew, so a smaller sample is believed at once and
   * a larger one only as far as NTP can have slewed the clock since the last.
   */
  #learn(record: Pick<KmsgRecord, 'readAtMs' | 'monotonicUs'>, wallNowMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    const sinceReadMs = Math.max(0, wallNowMs - record.readAtMs);
    const sampleMs = nowMs - sinceReadMs - record.monotonicUs / US_PER_MS;
    const ceilingMs =
      this.#offset === undefined
        ? sampleMs
        : this.#offset.ms + (nowMs - this.#offset.atMs) * MAX_SLEW;
    this.#offset = { ms: Math.min(sampleMs, ceilingMs), atMs: nowMs };
  }
}
