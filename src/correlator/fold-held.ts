import type { AggregatedEvent } from './aggregate-events.ts';
import { countEvent, type Observation } from './count-events.ts';
import type { HeldEvent } from './held-events.ts';
import { type RecordedEvent, toStored } from './recorded-event.ts';

/** An Event on its way through the correlator, as aggregation and counting left it. */
export interface SeenEvent extends AggregatedEvent {
  readonly spamKey: string;
  /** Whether there is an Event to add it to. */
  readonly exists: boolean;
}

/**
 * Where a skipped Event is held: one place for each Event that exists, and one for each group of
 * those never created.
 */
export function heldId({ exists, key, groupKey, spamKey }: SeenEvent): string {
  return exists ? heldPatchId(key) : `create ${spamKey} ${groupKey}`;
}

/** Where the newest count of an existing Event is held. */
export function heldPatchId(key: string): string {
  return `patch ${key}`;
}

/**
 * A skipped Event joins what is held in its place. client-go has no counterpart: it forgets it.
 *
 * An existing Event was counted already, so its newest form replaces the older. One never created
 * adds one to the count of those before it; as soon as two of them differ, `combine` makes them one
 * under the group's key. They are folded at once and not when they are written, so that a storm of
 * different messages takes one place and not thousands; what is lost is the message of each. The
 * bucket that pays is the first one's, for others may use another of the same Event.
 */
export function fold(
  before: HeldEvent | undefined,
  seen: SeenEvent,
  combine: () => RecordedEvent,
): HeldEvent {
  const { key, groupKey, exists } = seen;
  const spamKey = before?.spamKey ?? seen.spamKey;
  if (exists) return { verb: 'patch', spamKey, key, event: toStored(seen.event) };
  if (before === undefined) return { verb: 'create', spamKey, key, event: toStored(seen.event) };
  const differs = before.key !== key;
  const newest = differs && key !== groupKey ? combine() : seen.event;
  const event = toStored(countEvent(newest, observationIn(before)));
  return { verb: 'create', spamKey, key: differs ? groupKey : key, event };
}

/** What is held of an Event, as a cache of written ones would know it. */
export function observationIn({ event }: HeldEvent): Observation {
  return { name: event.metadata.name, count: event.count, firstMs: event.firstMs };
}
