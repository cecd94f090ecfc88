import type { WaitList } from './wait-list.ts';

/** Leaves something alone for a while when it failed, and knows how often in a row it did. */
export class Pause {
  readonly #waiting: WaitList;
  #failures = 0;
  #isOn = false;

  constructor(waiting: WaitList) {
    this.#waiting = waiting;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** @returns how often in a row it has failed now */
  failed(): number {
    this.#failures += 1;
    return this.#failures;
  }

  worked(): void {
    this.#failures = 0;
  }

  begin(delayMs: number, onOver: () => void): void {
    this.#isOn = true;
    this.#waiting.after(delayMs, () => {
      this.#isOn = false;
      onOver();
    });
  }
}
