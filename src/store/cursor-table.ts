import type { NoteTable } from './note-table.ts';
import type { StatePart } from './operation.ts';
import type { PreparedDatabase } from './prepared-database.ts';

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

const NOTE = 'cursor';

/** How far the log was read: a note, which is loaded and saved with the others. */
export class CursorTable implements StatePart {
  readonly #notes: Pick<NoteTable, 'get' | 'put'>;

  constructor(notes: Pick<NoteTable, 'get' | 'put'>) {
    this.#notes = notes;
  }

  read(): Cursor | undefined {
    return this.#notes.get(NOTE) as Cursor | undefined;
  }

  /** Within a boot it never goes back. A transaction moves it once. */
  advance({ bootId, sequence, backlogUntil }: Cursor): void {
    const before = this.read();
    const from = before?.bootId === bootId ? before.sequence : sequence;
    const value = { bootId, sequence: Math.max(sequence, from), backlogUntil };
    this.#notes.put([{ key: NOTE, value }]);
  }

  /** Within a boot it never goes back, and somebody has read that ring; one of another boot is over. */
  bring(db: PreparedDatabase, _: PreparedDatabase, isUnread: boolean): void {
    const cursor = this.read();
    if (cursor === undefined || !isUnread) return;
    const ours = JSON.stringify(cursor);
    const sql = `UPDATE known SET value = CASE value ->> 'bootId' WHEN ? ->> 'bootId'
        THEN json_set(value, '$.sequence', max(value ->> 'sequence', ? ->> 'sequence'))
        ELSE ? END
      WHERE kind = 'note' AND key = '${NOTE}'`;
    db.run(sql, ours, ours, ours);
  }
}
