import type { PreparedDatabase, SqlParams } from './prepared-database.ts';

/** Says a statement for the file. */
export type Run = (sql: string, ...params: SqlParams) => void;

/**
 * One change: what it does to memory, and the statements that do the same to the file. It is done when
 * its transaction is certain, and must not fail: what could fail is done before.
 */
export type Operation = (run: Run) => void;

/** Makes a change, in the transaction under way or in one of its own. */
export type Change = (operation: Operation) => void;

/** A part of the state that memory has as well; what another part loads and saves need only be brought. */
export interface StatePart {
  /** Reads what memory holds of it. @returns what puts that in the place of what is there */
  load?(db: PreparedDatabase): () => void;
  /** Writes it to a database that is new. */
  save?(db: PreparedDatabase): void;
  /**
   * Brings a database up to date that missed what is in `standIn` and in memory.
   *
   * @param isUnread memory never had its rows: they stay
   */
  bring(db: PreparedDatabase, standIn: PreparedDatabase, isUnread: boolean): void;
}
