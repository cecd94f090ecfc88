import type { StateDatabase } from './state-database.ts';

/** What another stage asks to be kept under a key of its own; only that stage knows what it means. */
export interface KnownRow {
  readonly key: string;
  /** Plain JSON. */
  readonly value: unknown;
}

/** Whose rows: containers seen lately (by ID), the books of the cgroup counters, the agent's own notes. */
export type KnownKind = 'container' | 'baseline' | 'note';

/** The rows of one kind, each dated, so that what nobody renewed can be forgotten. */
export class KnownTable {
  readonly #db: StateDatabase;
  readonly #kind: KnownKind;

  constructor(db: StateDatabase, kind: KnownKind) {
    this.#db = db;
    this.#kind = kind;
  }

  rows(): KnownRow[] {
    return this.#db
      .all('SELECT key, value FROM known WHERE kind = ? ORDER BY at_ms, key', this.#kind)
      .map(({ key, value }) => ({ key: String(key), value: JSON.parse(String(value)) }));
  }

  get(key: string): unknown {
    const row = this.#db.get('SELECT value FROM known WHERE kind = ? AND key = ?', this.#kind, key);
    return row && JSON.parse(String(row['value']));
  }

  /** In the transaction under way, or in one of its own. */
  put(rows: readonly KnownRow[], nowMs: number): void {
    for (const { key, value } of rows) {
      this.#db.run('INSERT OR REPLACE INTO known (kind, key, value, at_ms) VALUES (?, ?, ?, ?)', [
        this.#kind,
        key,
        JSON.stringify(value),
        nowMs,
      ]);
    }
  }

  forgetBefore(ms: number): void {
    this.#db.run('DELETE FROM known WHERE kind = ? AND at_ms < ?', [this.#kind, ms]);
  }
}
