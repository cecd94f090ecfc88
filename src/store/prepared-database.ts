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

  get isTransaction(): boolean {
    return this.#db.isTransaction;
  }

  all(sql: string, params: SqlParams = []): readonly SqlRow[] {
    return this.#statement(sql).all(...params);
  }

  /** Row by row, where all of them would be too much at once. */
  each(sql: string, params: SqlParams = []): Iterable<SqlRow> {
    return this.#statement(sql).iterate(...params);
  }

  run(sql: string, params: SqlParams = []): void {
    this.#statement(sql).run(...params);
  }

  /** All of `work` or nothing of it. */
  transaction(work: () => void): void {
    this.run('BEGIN IMMEDIATE');
    try {
      work();
      this.run('COMMIT');
    } catch (error) {
      this.rollBack();
      throw error;
    }
  }

  /** SQLite ends some transactions that fail by itself. */
  rollBack(): void {
    if (this.#db.isTransaction) this.run('ROLLBACK');
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
