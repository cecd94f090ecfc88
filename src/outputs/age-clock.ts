import type { Time } from '../clock.ts';

/** A smaller step, or what NTP slews the clocks apart in weeks, is nothing beside a day. */
const MIN_STEP_MS = 60_000;

/**
 * How old a row is, where the wall clock may be set: a machine without a battery boots in 1970.
 *
 * A row has the wall time it was entered at, for the process that entered it may be gone. Each look
 * compares how far the wall clock and the monotonic clock went since the last one; by how much the
 * wall clock was set forward meanwhile is taken off the age of whatever was entered before. What an
 * earlier process left is as old as the wall clock says when this one begins.
 *
 * A row may be older than this says, never younger: a clock that is set back, that is set forward
 * several times, and a machine that is suspended give a row more time, not less.
 */
export class AgeClock {
  readonly #clock: Time;
  #wallMs: number;
  #monotonicMs: number;
  /** The latest the wall clock ever said. */
  #latestMs: number;
  /** By how much it was set forward since the start, all in all. */
  #setForwardMs = 0;
  /** The latest it had said before that: whatever was entered before is no later. */
  #setAtMs = -Infinity;

  constructor(clock: Time) {
    this.#clock = clock;
    this.#wallMs = this.#latestMs = clock.wallMs();
    this.#monotonicMs = clock.monotonicMs();
  }

  /** To be called whenever rows were entered: only what is older than a look is known to be so. */
  look(): void {
    const [wallMs, monotonicMs] = [this.#clock.wallMs(), this.#clock.monotonicMs()];
    const stepMs = wallMs - this.#wallMs - (monotonicMs - this.#monotonicMs);
    if (stepMs >= MIN_STEP_MS) {
      this.#setForwardMs += stepMs;
      this.#setAtMs = this.#latestMs;
    }
    this.#wallMs = wallMs;
    this.#latestMs = Math.max(this.#latestMs, wallMs);
    this.#monotonicMs = monotonicMs;
  }

  ageMs(enteredAtMs: number): number {
    this.look();
    const gainedMs = enteredAtMs <= this.#setAtMs ? this.#setForwardMs : 0;
    return this.#wallMs - enteredAtMs - gainedMs;
  }
}
