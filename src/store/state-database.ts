import { type Observable, Subject } from 'rxjs';
import type { PreparedDatabase, SqlParams, SqlRow } from './prepared-database.ts';
import type { StateHome } from './state-home.ts';

/** What has its place in the file alone, where there is one. */
const FORGET_HISTORY = "DELETE FROM episodes WHERE state <> 'pending'";

/**
 * Memory holds all that the agent needs to go on, and is what is read; the file does the same
 * statements in the same transactions. Whatever happens to the file costs the process nothing, and
 * the tables above do not notice.
 */
export class StateDatabase {
  readonly #home: StateHome;
  #memory: PreparedDatabase;
  readonly #reloads$ = new Subject<void>();
  #inTransaction = false;

  constructor(home: StateHome) {
    this.#home = home;
    this.#memory = home.open();
  }

  /** Tells when memory was loaded anew: the file was away, and is written again. */
  get reloads$(): Observable<void> {
    return this.#reloads$;
  }

  /** Whether what is written outlives this process, as far as that was asked for. */
  get writable(): boolean {
    return this.#home.writable;
  }

  get(sql: string, ...params: SqlParams): SqlRow | undefined {
    return this.all(sql, ...params)[0];
  }

  all(sql: string, ...params: SqlParams): readonly SqlRow[] {
    return this.#memory.all(sql, params);
  }

  /** Row by row; nothing may be changed meanwhile. */
  each(sql: string): Iterable<SqlRow> {
    return this.#memory.each(sql);
  }

  /** Rows of the history; while there is no file, as far as memory goes. */
  recall<T>(sql: string, params: SqlParams, toValue: (row: SqlRow) => T): T[] {
    const read = (db: Pick<PreparedDatabase, 'all'>): T[] => db.all(sql, params).map(toValue);
    return this.#home.attempt(read) ?? read(this.#memory);
  }

  /** Changes something, in the transaction under way or in one of its own. */
  run(sql: string, params: SqlParams): void {
    if (!this.#inTransaction) return this.transaction(() => this.run(sql, params));
    this.#memory.run(sql, params);
    this.#home.attempt((file) => file.run(sql, params));
  }

  /** All of `work` or nothing of it. */
  transaction(work: () => void): void {
    if (this.#inTransaction) throw new Error('a transaction within a transaction');
    this.#regain();
    this.#inTransaction = true;
    try {
      this.#memory.transaction(() => this.#withFile(work));
    } finally {
      this.#inTransaction = false;
    }
  }

  close(): void {
    this.#home.close();
    this.#memory.close();
  }

  #withFile(work: () => void): void {
    this.#home.attempt((file) => file.begin());
    try {
      work();
    } catch (error) {
      this.#home.attempt((file) => file.rollBack());
      throw error;
    }
    this.#home.attempt((file) => file.commit());
    if (this.#home.hasFile) this.#memory.run(FORGET_HISTORY);
  }

  #regain(): void {
    const memory = this.#home.regain(this.#memory);
    if (memory === undefined) return;
    this.#memory.close();
    this.#memory = memory;
    this.#reloads$.next();
  }
}
