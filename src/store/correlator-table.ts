import type { StateKind, StateRow } from '../correlator/correlator-state.ts';
import { type MemoryTable, textOf } from './memory-table.ts';
import type { Change } from './operation.ts';

/** The correlator's state, so that a SIGKILL changes no decision. */
export class CorrelatorTable {
  readonly #table: MemoryTable;
  readonly #change: Change;

  constructor(table: MemoryTable, change: Change) {
    this.#table = table;
    this.#change = change;
  }

  rows(): StateRow[] {
    return [...this.#table.rows()].map(({ kind, key, place, value }): StateRow => ({
      kind: kind as StateKind,
      key: String(key),
      order: Number(place),
      value: JSON.parse(textOf(value)),
    }));
  }

  /** In the transaction under way, or each in one of its own. */
  apply(changes: readonly StateRow[]): void {
    for (const { kind, key, order: place, value } of changes) {
      const json = JSON.stringify(value);
      this.#change((run) => {
        if (value === undefined) this.#table.delete([kind, key], run);
        else this.#table.put({ kind, key, place, value: json }, run);
      });
    }
  }
}
