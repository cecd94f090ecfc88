import type { Time } from '../clock.ts';

/** Who reads for less time needs no telling. */
const QUIET_MS = 1_000;
const EVERY_MS = 250;
const CLEAR_LINE = '\r\x1b[K';
const MB = 1e6;

/** Says on a terminal how far a long log was read: one line, written over. */
export class Progress {
  readonly #write: (text: string) => void;
  readonly #clock: Pick<Time, 'monotonicMs'>;
  #name = '';
  #total: number | undefined;
  #read = 0;
  #nextMs = Infinity;
  #isShown = false;

  constructor(write: (text: string) => void, clock: Pick<Time, 'monotonicMs'>) {
    this.#write = write;
    this.#clock = clock;
  }

  /** @param total bytes, where they are known beforehand */
  begin(name: string, total: number | undefined): void {
    this.#name = name;
    this.#total = total;
    this.#read = 0;
    this.#nextMs = this.#clock.monotonicMs() + QUIET_MS;
  }

  advance(bytes: number): void {
    this.#read += bytes;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + EVERY_MS;
    this.#isShown = true;
    this.#write(`${CLEAR_LINE}${this.#name}: ${this.#words()}`);
  }

  /** Before anything else is written to the terminal. */
  clear(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#write(CLEAR_LINE);
  }

  #words(): string {
    const read = `${(this.#read / MB).toFixed(0)} MB`;
    if (this.#total === undefined) return `${read} read`;
    const share = Math.floor((100 * this.#read) / this.#total);
    return `${read} of ${(this.#total / MB).toFixed(0)} MB read (${share} %)`;
  }
}
