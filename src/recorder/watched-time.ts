import type { Time } from '../clock.ts';

/**
 * For how long the pods have been watched. While they are not, it stands still: time without a watch
 * proves nothing about what is not in it.
 *
 *     live   --T---F-------T------
 *     ms       0---4-------4-----9
 */
export class WatchedTime {
  readonly #clock: Pick<Time, 'monotonicMs'>;
  #beforeMs = 0;
  #sinceMs: number | undefined;

  constructor(clock: Pick<Time, 'monotonicMs'>) {
    this.#clock = clock;
  }

  get isRunning(): boolean {
    return this.#sinceMs !== undefined;
  }

  get ms(): number {
    const nowMs = this.#clock.monotonicMs();
    return this.#beforeMs + nowMs - (this.#sinceMs ?? nowMs);
  }

  run(isLive: boolean): void {
    this.#beforeMs = this.ms;
    this.#sinceMs = isLive ? this.#clock.monotonicMs() : undefined;
  }
}
