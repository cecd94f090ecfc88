import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
}

/** Time that passes when the test says so; between two timers everything else gets its turn. */
export class FakeClock implements Clock {
  /** Since the start. */
  #nowMs = 0;
  #wallAtStartMs: number;
  readonly #timers = new Set<Timer>();

  constructor(startMs = Date.UTC(2024, 0, 1)) {
    this.#wallAtStartMs = startMs;
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.#timers.size;
  }

  wallMs(): number {
    return this.#wallAtStartMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** Sets the wall clock; what waits does not notice. */
  set(wallMs: number): void {
    this.#wallAtStartMs = wallMs - this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** The process is killed: nothing it waits for comes. */
  forget(): void {
    this.#timers.clear();
  }

  /** Lets `ms` pass, timer by timer. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await turn();
    for (let timer = this.#due(untilMs); timer !== undefined; timer = this.#due(untilMs)) {
      this.#nowMs = timer.dueMs;
      this.#timers.delete(timer);
      timer.run();
      await turn();
    }
    this.#nowMs = untilMs;
  }

  /** Lets everything that waits for no timer happen. */
  async settle(): Promise<void> {
    await this.advance(0);
  }

  #due(untilMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= untilMs && timer.dueMs < (first?.dueMs ?? Infinity)) first = timer;
    }
    return first;
  }
}
