import { eventKey } from './event-keys.ts';
import { Lru } from './lru.ts';
import type { RecordedEvent } from './recorded-event.ts';
import type { RowMap } from './row-map.ts';

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

/** Remembers what was seen and written. client-go tools/record eventLogger. */
export class EventLogger {
  readonly #observations: Lru<Observation>;

  constructor(lruCacheSize: number, observations: RowMap<Observation>) {
    this.#observations = new Lru(lruCacheSize, observations);
  }

  /** client-go tools/record eventLogger.lastEventObservationFromCache. */
  lastOf(key: string): Observation | undefined {
    return this.#observations.get(key);
  }

  /** An Event was seen. client-go tools/record eventLogger.eventObserve. */
  observe(key: string, event: RecordedEvent): void {
    this.#observations.set(key, observationOf(event));
  }

  /**
   * An Event was written. client-go tools/record eventLogger.updateState, which knows only the
   * Event's own key: a combined one, counted under its group's, is in the cache twice.
   */
  update(event: RecordedEvent): void {
    this.#observations.set(eventKey(event), observationOf(event));
  }
}
