import type { WaitList } from './wait-list.ts';

/** Leaves something alone for a while when it failed, and knows how often in a row it did. */
export class Pause {
  readonly #waiting: WaitList;
  #failures = 0;
  /** How many were asked for and are not over: of what was under way when it failed, more may fail. */
  #pauses = 0;

  constructor(waiting: WaitList) {
    this.#waiting = waiting;
  }

  get isOn(): boolean {
    return this.#pauses > 0;
  }

  get failures(): number {
    return this.#failures;
  }

  /** @returns how often in a row it has failed now; what fails during a pause is no news */
  failed(): number {
    if (!this.isOn) this.#failures += 1;
    return this.#failures;
  }

  worked(): void {
    this.#failures = 0;
  }

  /** The longest of several is what counts. */
  begin(delayMs: number, onOver: () => void): void {
    this.#pauses += 1;
    this.#waiting.after(delayMs, () => {
      this.#pauses -= 1;
      if (!this.isOn) onOver();
    });
  }
}
