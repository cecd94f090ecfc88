import type { StateRow } from '../../src/correlator/correlator-state.ts';

/** Where the rows of a correlator go: a table that knows nothing but JSON. */
export class StateTable {
  readonly #rows = new Map<string, string>();

  apply(changes: readonly StateRow[]): void {
    for (const row of changes) {
      const id = JSON.stringify([row.kind, row.key]);
      if (row.value === undefined) this.#rows.delete(id);
      else this.#rows.set(id, JSON.stringify(row));
    }
  }

  /** The rows in no particular order: here, the newest first. */
  rows(): StateRow[] {
    return [...this.#rows.values()].toReversed().map((row): StateRow => JSON.parse(row));
  }
}
