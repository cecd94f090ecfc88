/** Lets things of one key be done one after the other, in the order they were begun. */
export class InOrder {
  readonly #tails = new Map<string, Promise<void>>();

  /** Whether anything of this key is still to be done. */
  isBusy(key: string): boolean {
    return this.#tails.has(key);
  }

  /** Does `work` after everything of its key that was begun before. `work` must not fail. */
  async after(key: string, work: () => Promise<void>): Promise<void> {
    const done = (this.#tails.get(key) ?? Promise.resolve()).then(work);
    this.#tails.set(key, done);
    await done;
    if (this.#tails.get(key) === done) this.#tails.delete(key);
  }

  /** Resolves when nothing is left. */
  async settled(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }
}
