import type { WriteDecision } from '../correlator/decision.ts';
import type { EventPatch } from '../correlator/event-patch.ts';
import { fromStored, type RecordedEvent, toStored } from '../correlator/recorded-event.ts';
import { type MemoryTable, textOf } from './memory-table.ts';
import type { Change } from './operation.ts';
import type { SqlRow } from './prepared-database.ts';

/** One write the correlator decided on, as the store keeps it. `event` is always the whole Event. */
export type OutboxRow = OutboxCreate | OutboxPatch;

interface OutboxEntry {
  /** Ascending in the order of decision. */
  readonly id: number;
  readonly event: RecordedEvent;
  /** When it entered the outbox, ms since the epoch. */
  readonly enteredAtMs: number;
  /** Rows of one object are posted in the order of their ids. */
  readonly objectKey: string;
}

export interface OutboxCreate extends OutboxEntry {
  readonly verb: 'create';
}

export interface OutboxPatch extends OutboxEntry {
  readonly verb: 'patch';
  readonly patch: EventPatch;
}

/** A row that says nothing any more: damaged, or another version's. */
export interface UnreadableRow {
  readonly verb: 'unreadable';
  readonly id: number;
  readonly err: unknown;
}

/** What is passed over, by its name. */
export type Names = ReadonlySet<string>;

/** What is yet to be posted, in the order it was decided. */
export class OutboxTable {
  readonly #table: MemoryTable;
  readonly #change: Change;

  constructor(table: MemoryTable, change: Change) {
    this.#table = table;
    this.#change = change;
  }

  add(decision: WriteDecision, enteredAtMs: number): void {
    const { verb, event } = decision;
    const row = {
      object_key: objectKey(event),
      verb,
      entered_ms: enteredAtMs,
      event: JSON.stringify(toStored(event)),
      patch: verb === 'patch' ? JSON.stringify(decision.patch) : null,
    };
    this.#change((run) => this.#table.put({ id: this.#table.nextId(), ...row }, run));
  }

  get size(): number {
    return this.#table.size;
  }

  /** The oldest row of none of these objects and none of these Events. */
  next(objects: Names, events: Names): OutboxRow | UnreadableRow | undefined {
    const isMeant = (row: SqlRow) => !objects.has(String(row['object_key']));
    return first(this.#table.rows(), events, isMeant);
  }

  /** The oldest row of one object, of none of these Events. */
  nextOf(objectKey: string, events: Names): OutboxRow | UnreadableRow | undefined {
    return first(this.#table.group(objectKey), events, () => true);
  }

  delete(id: number): void {
    this.#change((run) => this.#table.delete([id], run));
  }

  /** How many rows wait, and since when the oldest does, ms since the epoch. */
  waiting(): { readonly rows: number; readonly oldestEnteredAtMs?: number } {
    let oldestEnteredAtMs = Infinity;
    for (const row of this.#table.rows())
      oldestEnteredAtMs = Math.min(oldestEnteredAtMs, Number(row['entered_ms']));
    const rows = this.size;
    return rows === 0 ? { rows } : { rows, oldestEnteredAtMs };
  }

  /** Whom the rows are about, each once, in their order: `Pod/shop/web-0`. */
  objects(limit: number): readonly string[] {
    const keys = Array.from(this.#table.rows(), (row) => String(row['object_key']));
    return [...new Set(keys)].slice(0, limit);
  }
}

/** The first of them that is meant, and whose Event is none of these. */
function first(
  rows: Iterable<SqlRow>,
  events: Names,
  isMeant: (row: SqlRow) => boolean,
): OutboxRow | UnreadableRow | undefined {
  for (const row of rows) {
    if (!isMeant(row)) continue;
    const found = readRow(row);
    if (found.verb === 'unreadable' || !events.has(found.event.metadata.name)) return found;
  }
  return undefined;
}

/** An object by the name people call it: what happens to it is told in order, whatever its UID. */
function objectKey({ involvedObject: { kind, namespace, name } }: RecordedEvent): string {
  return [kind, namespace, name].join('/');
}

function readRow(row: SqlRow): OutboxRow | UnreadableRow {
  const id = Number(row['id']);
  try {
    return toOutboxRow(id, row);
  } catch (err) {
    return { verb: 'unreadable', id, err };
  }
}

/** @throws whatever is thrown at what is damaged */
function toOutboxRow(id: number, row: SqlRow): OutboxRow {
  const event = fromStored(JSON.parse(textOf(row['event'])));
  assertNamed(event);
  const entry = {
    id,
    objectKey: String(row['object_key']),
    enteredAtMs: Number(row['entered_ms']),
    event,
  };
  return row['verb'] === 'create'
    ? { ...entry, verb: 'create' }
    : { ...entry, verb: 'patch', patch: JSON.parse(textOf(row['patch'])) };
}

/** That it can be told where it goes and whom it is about; the rest is for the API server to judge. */
function assertNamed({ metadata, involvedObject }: Partial<RecordedEvent>): void {
  const names = [metadata?.name, metadata?.namespace, involvedObject?.name];
  if (!names.every((name) => typeof name === 'string')) throw new TypeError('it is no Event');
}
