import type { Clock } from './clock.ts';

const FIRST_DELAY_MS = 500;
/** So that nothing is later than this after a server is back; a request a minute is nothing. */
const MAX_DELAY_MS = 60_000;
/** Whatever a server asks for, or a proxy that sends us away for a day, we look again within five minutes. */
const MAX_RETRY_AFTER_MS = 5 * 60_000;

/** What has failed, how often and how. */
export interface FailedTries {
  /** In a row, 1 or more. */
  readonly failures: number;
  /** In [0, 1). */
  readonly random: number;
  /** By the server's `Retry-After`. */
  readonly askedMs?: number | undefined;
  readonly maxMs?: number | undefined;
}

/**
 * When to try again: doubles from half a second to a minute, later where the server asks for it. Half
 * of each delay is random, so that nodes do not march in step.
 */
export function backOffMs({
  failures,
  random,
  askedMs,
  maxMs = MAX_DELAY_MS,
}: FailedTries): number {
  const fullMs = Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), maxMs);
  return heedRetryAfter(fullMs / 2 + (fullMs / 2) * random, askedMs);
}

/** How long to stay away: our own back-off, or what was asked for where that is longer. */
export function heedRetryAfter(backOffMs: number, askedMs = 0): number {
  return Math.max(backOffMs, Math.min(askedMs, MAX_RETRY_AFTER_MS));
}

/**
 * `Retry-After` in whole seconds, as our servers write it; 0 where there is none. The date form is not read,
 * nor is it by client-go.
 *
 * @param otherwiseSeconds what the answer's body says of it
 */
export function readRetryAfterMs(header: unknown, otherwiseSeconds: unknown = 0): number {
  const isSeconds = typeof header === 'string' && /^\d{1,9}$/.test(header);
  const askedMs = Number(isSeconds ? header : otherwiseSeconds) * 1000;
  return askedMs > 0 ? askedMs : 0;
}

/** What waits for its time, and can all be called off. */
export class WaitList {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #cancels = new Set<() => void>();
  #closed = false;

  constructor(clock: Pick<Clock, 'after'>) {
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

  /** Nothing that waits comes any more, nor what is asked for later. */
  close(): void {
    this.#closed = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}

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
