import type { StateDatabase } from './state-database.ts';

/** The last record that need not be read again. */
export interface Cursor {
  readonly bootId: string;
  readonly sequence: number;
  /**
   * The last record that was there when nobody had read this ring before: kills up to here may be
   * older than any Event of theirs would be.
   */
  readonly backlogUntil: number;
}

/** Somebody was there all the time. */
export const NO_BACKLOG = -1;
/** The end of the ring has not been seen yet. */
export const WHOLE_RING = Number.MAX_SAFE_INTEGER;

/** How far the log was read. */
export class CursorTable {
  readonly #db: StateDatabase;

  constructor(db: StateDatabase) {
    this.#db = db;
  }

  read(): Cursor | undefined {
    const row = this.#db.get('SELECT boot_id, sequence, backlog_until FROM cursor');
    return (
      row && {
        bootId: String(row['boot_id']),
        sequence: Number(row['sequence']),
        backlogUntil: Number(row['backlog_until']),
      }
    );
  }

  /** Within a boot it never goes back. */
  advance({ bootId, sequence, backlogUntil }: Cursor): void {
    this.#db.run(
      `INSERT INTO cursor (id, boot_id, sequence, backlog_until) VALUES (0, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET boot_id = excluded.boot_id, backlog_until = excluded.backlog_until,
         sequence = iif(boot_id = excluded.boot_id, max(sequence, excluded.sequence), excluded.sequence)`,
      [bootId, sequence, backlogUntil],
    );
  }
}
