import type { Decision } from '../correlator/decision.ts';
import type { OutboxRow, UnreadableRow } from './outbox-row.ts';
import { fromStored, toStored, type RecordedEvent } from '../correlator/recorded-event.ts';
import type { SqlRow } from './prepared-database.ts';
import type { StateDatabase } from './state-database.ts';

/** Of a row, even one that cannot be read. */
const EVENT_NAME =
  "ifnull(json_extract(iif(json_valid(event), event, '{}'), '$.metadata.name'), '')";

/** What is passed over. */
type Names = ReadonlySet<string>;

/** What is yet to be posted, in the order it was decided. */
export class OutboxTable {
  readonly #db: StateDatabase;

  constructor(db: StateDatabase) {
    this.#db = db;
  }

  add(decision: Decision, enteredAtMs: number): void {
    if (decision.verb === 'skip') return;
    const { verb, event } = decision;
    this.#db.run(
      'INSERT INTO outbox (object_key, verb, entered_ms, event, patch) VALUES (?, ?, ?, ?, ?)',
      [
        objectKey(event),
        verb,
        enteredAtMs,
        JSON.stringify(toStored(event)),
        verb === 'patch' ? JSON.stringify(decision.patch) : null,
      ],
    );
  }

  next(objects: Names, events: Names): OutboxRow | UnreadableRow | undefined {
    const where = 'object_key NOT IN (SELECT value FROM json_each(?))';
    return this.#first(where, JSON.stringify([...objects]), events);
  }

  nextOf(objectKey: string, events: Names): OutboxRow | UnreadableRow | undefined {
    return this.#first('object_key = ?', objectKey, events);
  }

  delete(id: number): void {
    this.#db.run('DELETE FROM outbox WHERE id = ?', [id]);
  }

  /** How many rows wait, and since when the oldest does, ms since the epoch. */
  waiting(): { readonly rows: number; readonly oldestEnteredAtMs?: number } {
    const row = this.#db.get('SELECT count(*) AS rows, min(entered_ms) AS oldest FROM outbox');
    const rows = Number(row?.['rows'] ?? 0);
    return rows === 0 ? { rows } : { rows, oldestEnteredAtMs: Number(row?.['oldest']) };
  }

  #first(where: string, param: string, events: Names): OutboxRow | UnreadableRow | undefined {
    const columns = 'id, object_key, verb, entered_ms, event, patch';
    const others = `${EVENT_NAME} NOT IN (SELECT value FROM json_each(?))`;
    const sql = `SELECT ${columns} FROM outbox WHERE ${where} AND ${others} ORDER BY id LIMIT 1`;
    const row = this.#db.get(sql, param, JSON.stringify([...events]));
    return row && readRow(row);
  }
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
  const event = fromStored(JSON.parse(String(row['event'])));
  assertNamed(event);
  const entry = {
    id,
    objectKey: String(row['object_key']),
    enteredAtMs: Number(row['entered_ms']),
    event,
  };
  return row['verb'] === 'create'
    ? { ...entry, verb: 'create' }
    : { ...entry, verb: 'patch', patch: JSON.parse(String(row['patch'])) };
}

/** That it can be told where it goes and whom it is about; the rest is for the API server to judge. */
function assertNamed({ metadata, involvedObject }: Partial<RecordedEvent>): void {
  const names = [metadata?.name, metadata?.namespace, involvedObject?.name];
  if (!names.every((name) => typeof name === 'string')) throw new TypeError('it is no Event');
}
