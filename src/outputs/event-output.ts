import type { OutboxRow, OutboxTable, UnreadableRow } from '../store/outbox-table.ts';
import { Output } from './output.ts';
import type { DeliveryQueue, OutputClient } from './output-client.ts';
import type { Outcome, OutputEnv, OutputWords } from './output-report.ts';

/** How a row got there. `exists`: an earlier attempt had got there and we did not hear. */
export type Posted = 'created' | 'patched' | 'exists' | 'expired-recreated';

/** What came of one attempt, or of a row that could not be tried; the label of the metric. */
export type PostOutcome = Outcome<Posted> | UnreadableRow['verb'];

/** Where Events go: the API server, or a terminal. */
export type EventSink = OutputClient<OutboxRow, Posted>;

/** What is needed of the store. A row is there until it is deleted, whatever crashes. */
export type Outbox = Pick<OutboxTable, 'next' | 'nextOf' | 'delete'>;

/** Each is passed over in every look at the outbox: with so many a look takes 2.5 ms instead of 0.03 ms. */
const MAX_ASIDE = 500;

const WORDS: OutputWords<OutboxRow> = {
  delivered: 'event posted',
  cannot: 'cannot post events, they wait in the outbox',
  waits: 'event waits to be tried again',
  again: 'posting events again',
  unreadable: 'cannot read the outbox',
  dropped: ({ quiet }) => (quiet ? 'event dropped with its namespace' : 'event dropped'),
  facts: ({ id, verb, event }) => {
    const { name, namespace } = event.metadata;
    return { row: id, verb, event: name, namespace, reason: event.reason };
  },
};

/** Posts what is in the outbox: of each object in the order of its rows. */
export function eventOutput(
  outbox: Outbox,
  sink: EventSink,
  env: OutputEnv<PostOutcome>,
): Output<OutboxRow, Posted> {
  const queue = new OutboxQueue(outbox, ({ id, verb, err }) => {
    env.tally(verb, 1);
    env.log.error(
      { row: id, outcome: verb, err },
      WORDS.dropped({ outcome: 'refused', quiet: false }),
    );
  });
  return new Output({ queue, client: sink, words: WORDS }, env);
}

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
