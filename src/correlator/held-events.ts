import type { RowMap } from './row-map.ts';
import type { StoredEvent } from './recorded-event.ts';

/** One write that waits for a token; plain JSON. */
export interface HeldEvent {
  /** `patch` where the Event exists at the API server, `create` where none was written yet. */
  readonly verb: 'create' | 'patch';
  /** The bucket that pays for it. */
  readonly spamKey: string;
  /** What it will be counted under: the key of an Event, or of the group once it is combined. */
  readonly key: string;
  readonly event: StoredEvent;
}

/** Whose turn it is, and when: `-Infinity` is at once. */
interface Turn {
  readonly id: string;
  readonly dueMs: number;
}

interface Queue {
  dueMs: number;
  /** The oldest first. */
  readonly ids: Set<string>;
}

/** Where the writes wait that have no token yet, in one queue for each bucket. */
export class HeldEvents {
  readonly #rows: RowMap<HeldEvent>;
  readonly #queues = new Map<string, Queue>();
  readonly #nextTokenAtMs: (spamKey: string) => number;
  /** The result of the last search, until a queue changes. */
  #next: Turn | undefined;

  constructor(rows: RowMap<HeldEvent>, nextTokenAtMs: (spamKey: string) => number) {
    this.#rows = rows;
    this.#nextTokenAtMs = nextTokenAtMs;
    for (const [id, { spamKey }] of this.#rows.entries()) this.#enqueue(id, spamKey);
  }

  get size(): number {
    return this.#rows.size;
  }

  get(id: string): HeldEvent | undefined {
    return this.#rows.get(id);
  }

  /** Whether anything waits for a token of this bucket. */
  waitsFor(spamKey: string): boolean {
    return this.#queues.has(spamKey);
  }

  /** Holds an Event; one that is held already gets its newest form and keeps its place. */
  put(id: string, held: HeldEvent): void {
    this.#rows.replace(id, held);
    this.#enqueue(id, held.spamKey);
  }

  delete(id: string): void {
    const spamKey = this.#rows.get(id)?.spamKey;
    if (spamKey === undefined) return;
    this.#rows.delete(id);
    const ids = this.#queues.get(spamKey)?.ids;
    ids?.delete(id);
    if (ids?.size === 0) this.#queues.delete(spamKey);
    this.reschedule(spamKey);
    this.#next = undefined;
  }

  /** Asks again when a bucket has its next token. */
  reschedule(spamKey: string): void {
    const queue = this.#queues.get(spamKey);
    const dueMs = this.#nextTokenAtMs(spamKey);
    if (queue === undefined || queue.dueMs === dueMs) return;
    queue.dueMs = dueMs;
    this.#next = undefined;
  }

  /** Whose turn it is: the oldest of the bucket that has a token first. */
  next(): (Turn & { readonly held: HeldEvent }) | undefined {
    this.#next ??= this.#search();
    const held = this.#next && this.#rows.get(this.#next.id);
    return this.#next && held && { ...this.#next, held };
  }

  #enqueue(id: string, spamKey: string): void {
    const queue = this.#queues.get(spamKey) ?? { dueMs: Infinity, ids: new Set() };
    queue.ids.add(id);
    this.#queues.set(spamKey, queue);
    this.reschedule(spamKey);
  }

  #search(): Turn | undefined {
    let best: Turn | undefined;
    for (const { dueMs, ids } of this.#queues.values()) {
      const [id] = ids;
      if (id !== undefined && dueMs !== Infinity) best = this.#earlier(best, { id, dueMs });
    }
    return best;
  }

  /** Of two turns at the same time the one held for longer comes first. */
  #earlier(a: Turn | undefined, b: Turn): Turn {
    if (a === undefined || b.dueMs < a.dueMs) return b;
    const isOlder = (this.#rows.orderOf(b.id) ?? 0) < (this.#rows.orderOf(a.id) ?? 0);
    return b.dueMs === a.dueMs && isOlder ? b : a;
  }
}
