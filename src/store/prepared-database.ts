import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';

export type SqlParams = readonly SQLInputValue[];
export type SqlRow = Readonly<Record<string, SQLOutputValue>>;

/** A database that prepares each statement once. */
export class PreparedDatabase {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  all(sql: string, ...params: SqlParams): readonly SqlRow[] {
    return this.#statement(sql).all(...params);
  }

  /** Row by row, where all of them would be too much at once. */
  each(sql: string, ...params: SqlParams): Iterable<SqlRow> {
    return this.#statement(sql).iterate(...params);
  }

  run(sql: string, ...params: SqlParams): void {
    this.#statement(sql).run(...params);
  }

  /** All of `work` or nothing of it. */
  transaction(work: () => void): void {
    this.run('BEGIN IMMEDIATE');
    try {
      work();
      this.run('COMMIT');
    } catch (error) {
      // SQLite ends some transactions that fail by itself.
      if (this.#db.isTransaction) this.run('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const prepared = this.#db.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

/** The last id a table with AUTOINCREMENT gave; none is given twice. */
export function lastIdIn(db: PreparedDatabase, table: string): number {
  const [row] = db.all('SELECT seq FROM sqlite_sequence WHERE name = ?', table);
  return Number(row?.['seq'] ?? 0);
}
