import type { StartPoint } from '../kmsg/start-reading.ts';
import { type Cursor, NO_BACKLOG, WHOLE_RING } from '../store/cursor-table.ts';

export const START_POINTS = ['boot', 'now'] as const;
/** Where to begin when no cursor of this boot says it. */
export type StartAt = (typeof START_POINTS)[number];

/** What is known at the start. */
export interface StartFacts {
  readonly cursor: Cursor | undefined;
  readonly bootId: string;
  readonly startAt: StartAt;
  /** Of the kernel's log, as it is now; a saved one has none: all of it was written before, and is there to be read. */
  readonly lastSequence?: (() => number) | undefined;
}

/** Where to begin, and up to which record kills may be older than any Event of theirs would be. */
export interface Start {
  readonly point: StartPoint;
  readonly backlogUntil: number;
}

/** A cursor of this boot says it, else `--start-at`. */
export function decideStart({ cursor, bootId, startAt, lastSequence }: StartFacts): Start {
  if (cursor?.bootId === bootId) {
    return {
      point: { at: 'cursor', sequence: cursor.sequence },
      backlogUntil: cursor.backlogUntil,
    };
  }
  if (startAt === 'boot') return { point: { at: 'oldest' }, backlogUntil: WHOLE_RING };
  if (lastSequence === undefined) return { point: { at: 'oldest' }, backlogUntil: NO_BACKLOG };
  return { point: { at: 'now', sequence: lastSequence() }, backlogUntil: NO_BACKLOG };
}
