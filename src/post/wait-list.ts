/** Time as the poster needs it. */
export interface PostClock {
  /** ms since the epoch. */
  wallMs(): number;
  /** ms since some moment; never set. */
  monotonicMs(): number;
  /** Runs something once, later. @returns what cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

/** What waits for its time, and can all be called off. */
export class WaitList {
  readonly #clock: PostClock;
  readonly #cancels = new Set<() => void>();
  #closed = false;

  constructor(clock: PostClock) {
    this.#clock = clock;
  }

  after(delayMs: number, run: () => void): void {
    if (this.#closed) return;
    const cancel = this.#clock.after(delayMs, () => {
      this.#cancels.delete(cancel);
      run();
    });
    this.#cancels.add(cancel);
  }

  /** What waits now, or would later, never comes. */
  close(): void {
    this.#closed = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}
