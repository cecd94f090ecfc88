import type { OutboxRow, UnreadableRow } from '../store/outbox-row.ts';
import type { OutboxTable } from '../store/outbox-table.ts';
import type { DeliveryQueue } from './output-client.ts';

/** What is needed of the store. A row is there until it is deleted, whatever crashes. */
export type Outbox = Pick<OutboxTable, 'next' | 'nextOf' | 'delete'>;

/** Each is passed over in every look at the outbox: with so many a look takes 2.5 ms instead of 0.03 ms. */
const MAX_ASIDE = 500;

/**
 * The rows of the outbox: one that is the oldest of its object, and none of an object that is taken;
 * rows of an Event that is set aside are passed over. To look through the whole outbox is
 * dear where thousands of objects wait, so that is done only when rows may have come; else the
 * objects are asked for that were released since.
 */
export class OutboxQueue implements DeliveryQueue<OutboxRow> {
  readonly #outbox: Outbox;
  readonly #onDropped: (row: UnreadableRow) => void;
  /** Objects with a row in flight or waiting. */
  readonly #taken = new Set<string>();
  /** Events, by their names, that keep nobody waiting but their own rows. */
  readonly #aside = new Set<string>();
  /** Objects where a row may be found; anywhere if this is absent. */
  #released: Set<string> | undefined;

  /** @param onDropped told of each row that could not be read, and would block the others for ever */
  constructor(outbox: Outbox, onDropped: (row: UnreadableRow) => void) {
    this.#outbox = outbox;
    this.#onDropped = onDropped;
  }

  refresh(): void {
    this.#released = undefined;
  }

  take(): OutboxRow | undefined {
    const row =
      this.#released === undefined
        ? this.#readable(() => this.#outbox.next(this.#taken, this.#aside))
        : this.#takeFrom(this.#released);
    if (row === undefined) this.#released = new Set();
    else this.#taken.add(row.objectKey);
    return row;
  }

  release({ objectKey }: OutboxRow): void {
    this.#taken.delete(objectKey);
    this.#released?.add(objectKey);
  }

  /** Lets its object go on without its Event, if there is room for one more. */
  setAside(row: OutboxRow): () => void {
    const { name } = row.event.metadata;
    if (this.#aside.size >= MAX_ASIDE) return () => this.release(row);
    this.#aside.add(name);
    this.release(row);
    return () => {
      this.#aside.delete(name);
      if (!this.#taken.has(row.objectKey)) this.release(row);
    };
  }

  split(): boolean {
    return false;
  }

  /** Where the store fails to, the row is posted again: harmless, its Event has one name for ever. */
  remove(row: OutboxRow): void {
    this.#outbox.delete(row.id);
    this.release(row);
  }

  #takeFrom(released: Set<string>): OutboxRow | undefined {
    for (const objectKey of released) {
      const row = this.#readable(() => this.#outbox.nextOf(objectKey, this.#aside));
      released.delete(objectKey);
      if (row !== undefined) return row;
    }
    return undefined;
  }

  #readable(ask: () => OutboxRow | UnreadableRow | undefined): OutboxRow | undefined {
    for (;;) {
      const row = ask();
      if (row?.verb !== 'unreadable') return row;
      this.#outbox.delete(row.id);
      this.#onDropped(row);
    }
  }
}
