import type { NoteTable } from './note-table.ts';

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

/** How far the log was read: a note. */
export class CursorTable {
  readonly #notes: Pick<NoteTable, 'get' | 'put'>;
  readonly #nowMs: () => number;

  constructor(notes: Pick<NoteTable, 'get' | 'put'>, nowMs: () => number) {
    this.#notes = notes;
    this.#nowMs = nowMs;
  }

  read(): Cursor | undefined {
    return this.#notes.get(NOTE) as Cursor | undefined;
  }

  /** Within a boot it never goes back. A transaction moves it once. */
  advance({ bootId, sequence, backlogUntil }: Cursor): void {
    const before = this.read();
    const from = before?.bootId === bootId ? before.sequence : sequence;
    const value = { bootId, sequence: Math.max(sequence, from), backlogUntil };
    this.#notes.put([{ key: NOTE, value }], this.#nowMs());
  }
}
