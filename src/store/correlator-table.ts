import type { StateKind, StateRow } from '../correlator/correlator-state.ts';
import type { StateDatabase } from './state-database.ts';

/** The correlator's state, so that a SIGKILL changes no decision. */
export class CorrelatorTable {
  readonly #db: StateDatabase;

  constructor(db: StateDatabase) {
    this.#db = db;
  }

  rows(): StateRow[] {
    return this.#db
      .all('SELECT kind, key, place, value FROM correlator')
      .map(({ kind, key, place, value }): StateRow => ({
        kind: kind as StateKind,
        key: String(key),
        order: Number(place),
        value: JSON.parse(String(value)),
      }));
  }

  apply(changes: readonly StateRow[]): void {
    for (const { kind, key, order, value } of changes) {
      if (value === undefined) {
        this.#db.run('DELETE FROM correlator WHERE kind = ? AND key = ?', [kind, key]);
      } else {
        this.#db.run(
          'INSERT OR REPLACE INTO correlator (kind, key, place, value) VALUES (?, ?, ?, ?)',
          [kind, key, order, JSON.stringify(value)],
        );
      }
    }
  }
}
