import type { Clock } from '../clock.ts';
import type { OutboxTable } from '../store/outbox-table.ts';
import type { StateStore } from '../store/state-store.ts';

/** An Event counts until the second it left in is a minute old. */
const COUNTED_SECONDS = 60;

/** How many left the outbox within a second; plain JSON. */
interface LeftInSecond {
  readonly second: number;
  readonly count: number;
}

/**
 * At most so many Events of this node reach the API server in any 60 seconds. What waits in the outbox
 * counts together with what left it in the last minute, so that neither a server that is back, nor an
 * agent that is, makes more of them at once. What leaves is counted in the transaction that removes
 * it, in one row for each second: 61 at most.
 *
 * A wall clock that was set back forgets what was counted; one minute may then have twice as many.
 */
export class EventCap {
  /** The outbox, for whoever posts from it. */
  readonly outbox: Pick<OutboxTable, 'next' | 'nextOf' | 'delete'>;
  readonly #store: StateStore;
  readonly #clock: Clock;
  readonly #maxPerMinute: number;
  /** Admitted in the transaction under way: they are not in the outbox yet. */
  #admitted = 0;

  constructor(store: StateStore, clock: Clock, maxPerMinute: number) {
    this.#store = store;
    this.#clock = clock;
    this.#maxPerMinute = maxPerMinute;
    store.rollbacks$.subscribe(() => (this.#admitted = 0));
    this.outbox = {
      next: (objects, events) => store.outbox.next(objects, events),
      nextOf: (objectKey, events) => store.outbox.nextOf(objectKey, events),
      delete: (id) => this.#leaves(id),
    };
  }

  /** How many more may be written now. */
  room(): number {
    const left = this.#counted().reduce((sum, { count }) => sum + count, 0);
    return Math.max(0, this.#maxPerMinute - left - this.#store.outbox.size - this.#admitted);
  }

  /** When there may be room; a minute from now where nothing has left the outbox, for nobody knows when it will. */
  roomAtMs(): number {
    const nowMs = this.#clock.wallMs();
    if (this.room() > 0) return nowMs;
    const first = Math.min(this.#second(), ...this.#counted().map(({ second }) => second));
    return (first + COUNTED_SECONDS + 1) * 1000;
  }

  /** One is put into the outbox, in the transaction under way. */
  admit(): void {
    this.#admitted += 1;
    this.#store.change(() => (this.#admitted -= 1));
  }

  #leaves(id: number): void {
    const second = this.#second();
    const count = this.#counted().find((one) => one.second === second)?.count ?? 0;
    const value: LeftInSecond = { second, count: count + 1 };
    this.#store.transaction(() => {
      this.#store.outbox.delete(id);
      this.#store.left.put([{ key: String(second % (COUNTED_SECONDS + 1)), value }]);
    });
  }

  #counted(): readonly LeftInSecond[] {
    const now = this.#second();
    return this.#store.left
      .rows()
      .map(({ value }) => value as LeftInSecond)
      .filter(({ second }) => second <= now && now - second <= COUNTED_SECONDS);
  }

  #second(): number {
    return Math.floor(this.#clock.wallMs() / 1000);
  }
}
