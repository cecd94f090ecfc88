import { type MemoryTable, textOf } from './memory-table.ts';
import type { Change } from './operation.ts';

/** What another stage asks to be kept under a key of its own; only that stage knows what it means. */
export interface NoteRow {
  readonly key: string;
  /** Plain JSON; without one the row is gone. */
  readonly value: unknown;
}

/** Whose rows: containers seen lately, how often each was hurt, Events that left lately, the agent's own notes. */
export type NoteKind = 'container' | 'kill' | 'left' | 'note';

/** The rows of one kind. */
export class NoteTable {
  readonly #kind: NoteKind;
  readonly #table: MemoryTable;
  readonly #change: Change;

  constructor(kind: NoteKind, table: MemoryTable, change: Change) {
    this.#kind = kind;
    this.#table = table;
    this.#change = change;
  }

  rows(): NoteRow[] {
    return [...this.#table.group(this.#kind)].map(({ key, value }) => ({
      key: String(key),
      value: JSON.parse(textOf(value)),
    }));
  }

  get(key: string): unknown {
    const row = this.#table.get(this.#kind, key);
    return row && JSON.parse(textOf(row['value']));
  }

  /** In the transaction under way, or each in one of its own. */
  put(rows: readonly NoteRow[]): void {
    const kind = this.#kind;
    for (const { key, value } of rows) {
      const json = JSON.stringify(value);
      this.#change((run) => {
        if (value === undefined) this.#table.delete([kind, key], run);
        else this.#table.put({ kind, key, value: json, at_ms: 0 }, run);
      });
    }
  }

  /** These rows, and no others. */
  replace(rows: readonly NoteRow[]): void {
    const kept = new Set(rows.map(({ key }) => key));
    const known = Array.from(this.#table.group(this.#kind), ({ key }) => String(key));
    this.put(known.filter((key) => !kept.has(key)).map((key) => ({ key, value: undefined })));
    this.put(rows);
  }
}
