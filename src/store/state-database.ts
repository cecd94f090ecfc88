import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { StateHome } from './state-home.ts';

type Params = readonly SQLInputValue[];
export type SqlRow = Readonly<Record<string, SQLOutputValue>>;

/**
 * The database that is there now: the file, or memory while the file cannot be used. The tables
 * above it do not notice the change; a transaction that failed is done again in memory.
 */
export class StateDatabase {
  readonly #home: StateHome;
  #db: DatabaseSync;
  #statements = new Map<string, StatementSync>();
  #inTransaction = false;

  constructor(home: StateHome) {
    this.#home = home;
    this.#db = home.open();
  }

  /** Whether what is written outlives this process, as far as that was asked for. */
  get writable(): boolean {
    return this.#home.writable;
  }

  get(sql: string, ...params: Params): SqlRow | undefined {
    return this.#attempt(() => this.#statement(sql).get(...params));
  }

  all(sql: string, ...params: Params): readonly SqlRow[] {
    return this.#attempt(() => this.#statement(sql).all(...params));
  }

  /** Changes something, in the transaction under way or in one of its own. */
  run(sql: string, params: Params): void {
    this.#attempt(() => this.#statement(sql).run(...params));
  }

  /** All of `work` or nothing of it. `work` may be done twice and must do nothing but write here. */
  transaction(work: () => void): void {
    if (this.#inTransaction) throw new Error('a transaction within a transaction');
    const regained = this.#home.regain(this.#db);
    if (regained !== undefined) this.#use(regained);
    this.#attempt(() => this.#commit(work));
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #commit(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE');
    this.#inTransaction = true;
    try {
      work();
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    } finally {
      this.#inTransaction = false;
    }
  }

  /** Within a transaction an error is the transaction's. */
  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      const memory = this.#inTransaction ? undefined : this.#home.retreat(this.#db, error);
      if (memory === undefined) throw error;
      this.#use(memory);
      return action();
    }
  }

  #use(db: DatabaseSync): void {
    this.close();
    this.#db = db;
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const prepared = this.#db.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }
}
