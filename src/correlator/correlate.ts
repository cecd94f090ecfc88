import { EventAggregator } from './aggregate-events.ts';
import { CatchUp } from './catch-up.ts';
import { type CorrelatorOptions, withDefaults } from './correlator-options.ts';
import { changesOf, mapsOf, type StateMaps, type StateRow } from './correlator-state.ts';
import { countEvent, type Observation, observationOf } from './count-events.ts';
import type { Decision } from './decision.ts';
import { eventKey } from './event-keys.ts';
import { amendmentOf, patchOf } from './event-patch.ts';
import type { SeenEvent } from './fold-held.ts';
import type { HeldEvent } from './held-events.ts';
import { KillClock } from './kill-clock.ts';
import { Lru } from './lru.ts';
import { fromStored, type RecordedEvent } from './recorded-event.ts';

/**
 * Decides for every Event whether it is created, added to an earlier one, or skipped: similar ones
 * are combined, equal ones counted, and what is too much is filtered, in that order.
 *
 * State is updated as the decision is taken and not, as at client-go, when the API server has
 * answered: the store keeps decision and state together, and whoever sends it repeats it until it
 * is done. All of it can be persisted: apply `takeChanges()` to a table after every call, and a
 * correlator restored from that table decides as this one would have.
 *
 * @see k8s.io/client-go tools/record EventCorrelator
 */
export class EventCorrelator {
  readonly #options: Required<CorrelatorOptions>;
  readonly #maps: StateMaps;
  readonly #aggregator: EventAggregator;
  /** What was seen and written, by its key. client-go tools/record eventLogger. */
  readonly #observations: Lru<Observation>;
  readonly #catchUp: CatchUp;
  readonly #clock: KillClock;

  constructor(options: CorrelatorOptions = {}, restored: readonly StateRow[] = []) {
    const maps = mapsOf(restored);
    this.#maps = maps;
    this.#options = withDefaults(options);
    this.#aggregator = new EventAggregator(this.#options, maps.aggregate);
    this.#observations = new Lru(this.#options.lruCacheSize, maps.observation);
    this.#catchUp = new CatchUp(this.#options, maps);
    this.#clock = new KillClock(maps.clock);
  }

  /**
   * What becomes of one kill's Event, at the wall time of the kill. Call `catchUp` with the same
   * time before, so that what waits gets the tokens that returned until then.
   * client-go tools/record EventCorrelator.EventCorrelate.
   *
   * @param room how many the node may write; without any it is held
   */
  correlate(event: RecordedEvent, atMs: number, room = Infinity): Decision {
    const nowMs = this.#clock.advance(atMs);
    const seen = this.#see(event, nowMs);
    if (seen.exists || !this.#options.catchUp) this.#observe(seen.key, seen.event);
    if (!this.#catchUp.accepts(seen, nowMs, room)) return this.#skip(seen, event, nowMs, room);
    this.#catchUp.written(seen.key);
    return this.#write(seen);
  }

  /**
   * Of an Event that has more to say than when it was correlated: `after` is what it should have been.
   * `undefined` where it has none of its own to patch: it was combined, is held, or is long forgotten.
   */
  amend(before: RecordedEvent, after: RecordedEvent): Decision | undefined {
    const last = this.#observations.get(eventKey(before));
    if (last === undefined || last.name !== before.metadata.name) return undefined;
    const event = { ...after, count: last.count, firstTimestamp: new Date(last.firstMs) };
    this.#observe(eventKey(event), event);
    return { verb: 'patch', event, patch: amendmentOf(event) };
  }

  /** Writes what tokens returned for until `atMs`, one each and as it would have been in time; `room` at most. */
  catchUp(atMs: number, room = Infinity): Decision[] {
    const nowMs = this.#clock.advance(atMs);
    return Array.from(this.#catchUp.takeDue(nowMs, room), (held) => this.#release(held));
  }

  /** The wall time at which `catchUp` will have something to write; `undefined` if nothing is held. */
  nextCatchUpAtMs(): number | undefined {
    const dueMs = this.#catchUp.nextDueMs();
    return dueMs === undefined ? undefined : this.#clock.wallTimeOf(dueMs);
  }

  /** The rows to write so that the store equals this state. */
  takeChanges(): StateRow[] {
    return changesOf(this.#maps);
  }

  /** Aggregates and counts. */
  #see(event: RecordedEvent, nowMs: number): SeenEvent {
    const aggregated = this.#aggregator.aggregate(event, nowMs);
    const last = this.#lastOf(aggregated.key);
    const observed = countEvent(aggregated.event, last);
    const spamKey = this.#options.spamKeyFunc(observed);
    return { ...aggregated, event: observed, spamKey, exists: last !== undefined };
  }

  #lastOf(key: string): Observation | undefined {
    return this.#observations.get(key) ?? this.#catchUp.lastOf(key);
  }

  #skip(seen: SeenEvent, event: RecordedEvent, nowMs: number, room: number): Decision {
    const eventReason = event.reason;
    if (!this.#options.catchUp) return { verb: 'skip', reason: 'dropped', eventReason };
    this.#catchUp.hold(seen, () => this.#aggregator.combine(event, nowMs));
    return { verb: 'skip', reason: room > 0 ? 'held' : 'capped', eventReason };
  }

  /** Writes what was held. A combined create leaves an Event its group has already as it is. */
  #release({ verb, key, event: stored }: HeldEvent): Decision {
    const event = fromStored(stored);
    if (verb === 'patch') return this.#write({ key, event, exists: true });
    if (this.#lastOf(key) !== undefined) return { verb, event };
    return this.#write({ key, event, exists: false });
  }

  /** client-go tools/record eventLogger.eventObserve. */
  #observe(key: string, event: RecordedEvent): void {
    this.#observations.set(key, observationOf(event));
  }

  /**
   * client-go tools/record recordEvent, and in advance eventLogger.updateState, which knows only the
   * Event's own key: a combined one, counted under its group's, is in the cache twice.
   */
  #write({ key, event, exists }: Pick<SeenEvent, 'key' | 'event' | 'exists'>): Decision {
    this.#observe(key, event);
    this.#observe(eventKey(event), event);
    return exists ? { verb: 'patch', event, patch: patchOf(event) } : { verb: 'create', event };
  }
}
