import type { CorrelatorOptions } from './correlator-options.ts';
import { eventKey } from './event-keys.ts';
import { Lru } from './lru.ts';
import type { RowMap } from './row-map.ts';
import type { RecordedEvent } from './recorded-event.ts';

/** What is known of a group of similar Events. client-go tools/record aggregateRecord; plain JSON. */
export interface AggregateRecord {
  /** The different messages seen, in the order they came; never more than `maxEvents`. */
  readonly localKeys: readonly string[];
  readonly lastMs: number;
}

/** An Event, combined or not, and what it is counted under. */
export interface AggregatedEvent {
  readonly event: RecordedEvent;
  /** Its own key, or the group's where it was combined. */
  readonly key: string;
  readonly groupKey: string;
}

/** Knows the groups. client-go tools/record EventAggregator. */
export class EventAggregator {
  readonly #options: Required<CorrelatorOptions>;
  readonly #groups: Lru<AggregateRecord>;

  constructor(options: Required<CorrelatorOptions>, groups: RowMap<AggregateRecord>) {
    this.#options = options;
    this.#groups = new Lru(options.lruCacheSize, groups);
  }

  /** client-go tools/record EventAggregator.EventAggregate. */
  aggregate(event: RecordedEvent, nowMs: number): AggregatedEvent {
    const groupKey = this.#options.keyFunc(event);
    const before = this.#groups.get(groupKey);
    const { record, combined } = joinGroup(before, event.message, nowMs, this.#options);
    this.#groups.set(groupKey, record);
    return combined
      ? { event: this.combine(event, nowMs), key: groupKey, groupKey }
      : { event, key: eventKey(event), groupKey };
  }

  /**
   * The Event that stands for a group from here on.
   *
   * Its times are the kill's own, as they are at client-go, whose two clocks are one. The
   * annotations of the kill that began it are left behind, as there: they describe no other kill.
   * Unlike there, the reporting component and instance stay, which every Event of ours has.
   */
  combine(event: RecordedEvent, nowMs: number): RecordedEvent {
    const { messageFunc, nameEvent } = this.#options;
    return {
      ...event,
      metadata: { name: nameEvent(event, nowMs), namespace: event.metadata.namespace },
      message: messageFunc(event),
      count: 1,
      firstTimestamp: event.lastTimestamp,
    };
  }
}

/**
 * One more Event joins its group: the group as it is now, and whether it is so large that its Events
 * are combined.
 *
 * Where the set is full client-go throws out any key (`PopAny`, Go's random map order); we throw
 * out the one that came last. So the first nine messages keep Events of their own for as long as the
 * group lives, and everything else is combined. That is one of the outcomes Go may have; its others
 * are given up. Messages that never repeat make no difference.
 */
export function joinGroup(
  before: AggregateRecord | undefined,
  localKey: string,
  nowMs: number,
  {
    maxEvents,
    maxIntervalInSeconds,
  }: Pick<Required<CorrelatorOptions>, 'maxEvents' | 'maxIntervalInSeconds'>,
): { readonly record: AggregateRecord; readonly combined: boolean } {
  const tooOld = before === undefined || nowMs - before.lastMs > maxIntervalInSeconds * 1000;
  const known = tooOld ? [] : before.localKeys;
  const localKeys = known.includes(localKey) ? known : [...known, localKey];
  if (localKeys.length < maxEvents) {
    return { record: { localKeys, lastMs: nowMs }, combined: false };
  }
  return { record: { localKeys: localKeys.slice(0, -1), lastMs: nowMs }, combined: true };
}
