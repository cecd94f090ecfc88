import type { StateDatabase } from './state-database.ts';

/** The last record that need not be read again. */
export interface Cursor {
  readonly bootId: string;
  readonly sequence: number;
  /**
   * Still within what the ring held when there was no cursor: kills in it may be older than any
   * Event of theirs would be.
   */
  readonly backlog: boolean;
}

/** How far the log was read. */
export class CursorTable {
  readonly #db: StateDatabase;

  constructor(db: StateDatabase) {
    this.#db = db;
  }

  read(): Cursor | undefined {
    const row = this.#db.get('SELECT boot_id, sequence, backlog FROM cursor');
    return (
      row && {
        bootId: String(row['boot_id']),
        sequence: Number(row['sequence']),
        backlog: row['backlog'] === 1,
      }
    );
  }

  /** Within a boot it never goes back. */
  advance({ bootId, sequence, backlog }: Cursor): void {
    this.#db.run(
      `INSERT INTO cursor (id, boot_id, sequence, backlog) VALUES (0, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET boot_id = excluded.boot_id, backlog = excluded.backlog,
         sequence = iif(boot_id = excluded.boot_id, max(sequence, excluded.sequence), excluded.sequence)`,
      [bootId, sequence, backlog ? 1 : 0],
    );
  }
}
