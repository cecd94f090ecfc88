import type { Run, StatePart } from './operation.ts';
import {
  lastIdIn,
  type PreparedDatabase,
  type SqlParams,
  type SqlRow,
} from './prepared-database.ts';

/** A shorter text takes less room as a string. */
const MIN_PACKED = 200;

type Key = readonly (string | number)[];

/** A table that memory holds, by its key: in the order of `select` when it is loaded, and behind that as rows come. */
export class MemoryTable implements StatePart {
  readonly #name: string;
  readonly #key: readonly string[];
  readonly #select: string;
  readonly #groupBy: string;
  readonly #rows = new Map<string, SqlRow>();
  readonly #groups = new Map<string, Map<string, SqlRow>>();
  #lastId = 0;

  /**
   * @param groupBy the column by which rows are asked for that are not asked for by their key
   * @param select which of its rows memory holds, in their order; all of them, by their key, unless told
   */
  constructor(
    name: string,
    key: readonly string[],
    groupBy: string,
    select = `SELECT * FROM ${name} ORDER BY ${key.join(', ')}`,
  ) {
    this.#name = name;
    this.#key = key;
    this.#select = select;
    this.#groupBy = groupBy;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** The last id it gave; none is given twice. */
  get lastId(): number {
    return this.#lastId;
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  rows(): Iterable<SqlRow> {
    return this.#rows.values();
  }

  group(value: string): Iterable<SqlRow> {
    return this.#groups.get(value)?.values() ?? [];
  }

  get(...key: Key): SqlRow | undefined {
    return this.#rows.get(key.join(' '));
  }

  put(row: SqlRow, run: Run): void {
    this.#set(this.#keyOf(row), pack(row));
    run(...insertion(this.#name, row));
  }

  delete(key: Key, run: Run): void {
    this.#remove(key.join(' '));
    const where = this.#key.map((column) => `${column} = ?`).join(' AND ');
    run(`DELETE FROM ${this.#name} WHERE ${where}`, ...key);
  }

  /** Memory need not have this one. */
  forget(row: SqlRow): void {
    this.#remove(this.#keyOf(row));
  }

  load(db: PreparedDatabase): () => void {
    const rows: SqlRow[] = [];
    for (const row of db.each(this.#select)) rows.push(pack(row));
    const lastId = Math.max(this.#lastId, lastIdIn(db, this.#name));
    return () => {
      this.#rows.clear();
      this.#groups.clear();
      for (const row of rows) this.#set(this.#keyOf(row), row);
      this.#lastId = lastId;
    };
  }

  save(db: PreparedDatabase): void {
    db.run(`DELETE FROM ${this.#name}`);
    for (const row of this.rows()) db.run(...insertion(this.#name, row));
  }

  /** Rows with a number of their own keep it, since they may be in flight: those of the file make room. */
  bring(db: PreparedDatabase, _: PreparedDatabase, isUnread: boolean): void {
    if (!isUnread) return this.save(db);
    if (this.#key.includes('id')) numberBelow(db, this.#name);
    for (const row of this.rows()) db.run(...insertion(this.#name, row, 'IGNORE'));
  }

  #set(key: string, row: SqlRow): void {
    const name = String(row[this.#groupBy]);
    const group = this.#groups.get(name) ?? new Map<string, SqlRow>();
    this.#groups.set(name, group.set(key, row));
    this.#rows.set(key, row);
  }

  #remove(key: string): void {
    const name = String(this.#rows.get(key)?.[this.#groupBy]);
    const group = this.#groups.get(name);
    group?.delete(key);
    if (group?.size === 0) this.#groups.delete(name);
    this.#rows.delete(key);
  }

  #keyOf(row: SqlRow): string {
    return this.#key.map((column) => row[column]).join(' ');
  }
}

/** Gives the rows ids below 1, in their order: they were decided before those of memory. */
function numberBelow(db: PreparedDatabase, table: string): void {
  db.run(`UPDATE ${table} SET id = id -
    (SELECT max(max(id), max(id) - min(id) + 1) FROM ${table})`);
}

/**
 * A row for memory. What is long in it, JSON, is outside the heap, which ends long before the memory of
 * the container does; `textOf` gives it.
 */
export function pack(row: SqlRow): SqlRow {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      const isLong = typeof value === 'string' && value.length > MIN_PACKED;
      return [column, isLong ? toBytes(value) : value];
    }),
  );
}

/** In memory of its own: as part of one of Node's pools it would keep all of that. */
function toBytes(text: string): Buffer<ArrayBuffer> {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

/** The text in a column of such a row. */
export function textOf(value: SqlRow[string] | undefined): string {
  return Buffer.isBuffer(value) ? value.toString() : String(value);
}

/** The statement that inserts such a row; one with the same key makes room for it, or stays. */
export function insertion(
  table: string,
  row: SqlRow,
  onConflict: 'REPLACE' | 'IGNORE' = 'REPLACE',
): [sql: string, ...SqlParams] {
  const columns = Object.keys(row);
  const values = Object.values(row).map((value) =>
    Buffer.isBuffer(value) ? textOf(value) : value,
  );
  const places = columns.map(() => '?').join(', ');
  const into = `INSERT OR ${onConflict} INTO ${table} (${columns.join(', ')})`;
  return [`${into} VALUES (${places})`, ...values];
}
