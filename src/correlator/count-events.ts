import type { RecordedEvent } from './recorded-event.ts';

/**
 * What was last written for an Event key. client-go tools/record eventLog; plain JSON.
 *
 * Its `resourceVersion` has no counterpart: it is equal on both sides of the patch and cleared
 * before a create, so it never reaches the API server.
 */
export interface Observation {
  readonly name: string;
  readonly count: number;
  readonly firstMs: number;
}

/**
 * The Event as it becomes when it was seen before: the first one's name, one more.
 * client-go tools/record eventLogger.eventObserve.
 *
 * A wall clock that was set back does not let it end before it began.
 */
export function countEvent(event: RecordedEvent, last: Observation | undefined): RecordedEvent {
  if (last === undefined) return event;
  return {
    ...event,
    metadata: { ...event.metadata, name: last.name },
    count: last.count + 1,
    firstTimestamp: new Date(last.firstMs),
    lastTimestamp: new Date(Math.max(last.firstMs, event.lastTimestamp.getTime())),
  };
}

/** What there is to remember of an Event. */
export function observationOf(event: RecordedEvent): Observation {
  return {
    name: event.metadata.name,
    count: event.count,
    firstMs: event.firstTimestamp.getTime(),
  };
}
