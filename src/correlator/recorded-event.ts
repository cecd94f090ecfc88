import type { CoreV1Event, V1ObjectMeta } from '@kubernetes/client-node';

/** A core/v1 Event as the correlator needs it: named by the caller, with nothing left to guess. */
export interface RecordedEvent extends CoreV1Event {
  metadata: V1ObjectMeta & { name: string; namespace: string };
  type: string;
  reason: string;
  message: string;
  /** How many kills this Event stands for; 1 when it comes in. */
  count: number;
  firstTimestamp: Date;
  lastTimestamp: Date;
}

/** The same as plain JSON, for the store: the two timestamps are ms since the epoch. */
export interface StoredEvent extends Omit<RecordedEvent, 'firstTimestamp' | 'lastTimestamp'> {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** What goes into the store. The Events built here carry no other `Date`. */
export function toStored(event: RecordedEvent): StoredEvent {
  const { firstTimestamp, lastTimestamp, ...rest } = event;
  return { ...rest, firstMs: firstTimestamp.getTime(), lastMs: lastTimestamp.getTime() };
}

/** What came out of the store. */
export function fromStored(stored: StoredEvent): RecordedEvent {
  const { firstMs, lastMs, ...rest } = stored;
  return { ...rest, firstTimestamp: new Date(firstMs), lastTimestamp: new Date(lastMs) };
}

/**
 * The bytes a create sends. They are the same whether the Event was just built or comes out of the
 * store: its fields are sorted by name, as those of a patch are; annotations stay as they were written.
 *
 * @throws {RangeError} where a time is none
 */
export function encodeEvent(event: RecordedEvent): string {
  const firstTimestamp = event.firstTimestamp.toISOString();
  const lastTimestamp = event.lastTimestamp.toISOString();
  return JSON.stringify({ ...event, firstTimestamp, lastTimestamp }, sortFields);
}

function sortFields(key: string, value: unknown): unknown {
  const isList = Array.isArray(value) || key === 'annotations';
  if (typeof value !== 'object' || value === null || isList) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
