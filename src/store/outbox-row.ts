import type { EventPatch } from '../correlator/event-patch.ts';
import type { RecordedEvent } from '../correlator/recorded-event.ts';

/** One write the correlator decided on, as the store keeps it. `event` is always the whole Event. */
export type OutboxRow = OutboxCreate | OutboxPatch;

interface OutboxEntry {
  /** Ascending in the order of decision. */
  readonly id: number;
  readonly event: RecordedEvent;
  /** When it entered the outbox, ms since the epoch. */
  readonly enteredAtMs: number;
  /** Rows of one object are posted in the order of their ids. */
  readonly objectKey: string;
}

export interface OutboxCreate extends OutboxEntry {
  readonly verb: 'create';
}

export interface OutboxPatch extends OutboxEntry {
  readonly verb: 'patch';
  readonly patch: EventPatch;
}

/** A row that says nothing any more: damaged, or another version's. */
export interface UnreadableRow {
  readonly verb: 'unreadable';
  readonly id: number;
  readonly err: unknown;
}
