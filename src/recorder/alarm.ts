import type { Clock } from '../clock.ts';

/** setTimeout takes no more than 2^31 ms, and a wall clock may be set meanwhile: look once an hour. */
const MAX_DELAY_MS = 60 * 60_000;

/** A single timer at a wall time; none while there is nothing to wait for. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #atMs: number | undefined;
  #cancel = (): void => undefined;

  /** `ring` is called no earlier than asked for, unless that is more than an hour away. */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  get isSet(): boolean {
    return this.#atMs !== undefined;
  }

  /** Has it ring then, unless it rings sooner. */
  setBy(atMs: number | undefined): void {
    if (atMs !== undefined && atMs < (this.#atMs ?? Infinity)) this.set(atMs);
  }

  /** Replaces what was asked for before; `undefined` takes it back. */
  set(atMs: number | undefined): void {
    if (atMs === this.#atMs) return;
    this.#cancel();
    this.#atMs = atMs;
    if (atMs === undefined) return;
    const delayMs = Math.min(Math.max(0, atMs - this.#clock.wallMs()), MAX_DELAY_MS);
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#atMs = undefined;
      this.#ring();
    });
  }
}
