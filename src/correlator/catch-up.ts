import type { CorrelatorOptions } from './correlator-options.ts';
import type { Observation } from './count-events.ts';
import { fold, heldId, heldPatchId, observationIn, type SeenEvent } from './fold-held.ts';
import type { StateMaps } from './correlator-state.ts';
import { type HeldEvent, HeldEvents } from './held-events.ts';
import type { RecordedEvent } from './recorded-event.ts';
import { SpamFilter } from './spam-filter.ts';

/**
 * The spam filter, and behind it the Events it skipped: each token that returns to a bucket writes
 * the oldest of those that wait for it. With catching up off it is client-go's filter and no more.
 */
export class CatchUp {
  readonly #options: Required<CorrelatorOptions>;
  readonly #filter: SpamFilter;
  readonly #held: HeldEvents;

  constructor(options: Required<CorrelatorOptions>, maps: Pick<StateMaps, 'bucket' | 'held'>) {
    this.#options = options;
    this.#filter = new SpamFilter(options, maps.bucket, (key) => this.#held.reschedule(key));
    this.#held = new HeldEvents(maps.held, (key) => this.#filter.nextTokenAtMs(key));
  }

  /**
   * Whether to write now, where the node may write `room` more. Where others wait already, the tokens
   * are theirs. Where there is no place left to wait, the Event is written all the same: a kill is
   * worth more than a limit.
   */
  accepts(seen: SeenEvent, nowMs: number, room: number): boolean {
    if (!this.#options.catchUp) return this.#filter.tryAccept(seen.spamKey, nowMs);
    return this.#isPaid(seen.spamKey, nowMs, room) || !this.#hasPlaceFor(heldId(seen));
  }

  /** Lets a skipped Event wait. */
  hold(seen: SeenEvent, combine: () => RecordedEvent): void {
    const id = heldId(seen);
    this.#held.put(id, fold(this.#held.get(id), seen, combine));
  }

  /** An Event was written with its newest count: nothing of it waits any longer. */
  written(key: string): void {
    this.#held.delete(heldPatchId(key));
  }

  /** What an existing Event that waits will say, should the cache have forgotten it meanwhile. */
  lastOf(key: string): Observation | undefined {
    const held = this.#held.get(heldPatchId(key));
    return held && observationIn(held);
  }

  /** Takes out what tokens returned for until `nowMs`, each at its time however late this is; `room` at most. */
  *takeDue(nowMs: number, room: number): Generator<HeldEvent> {
    for (let taken = 0; taken < room; taken += 1) {
      const due = this.#held.next();
      if (due === undefined || due.dueMs > nowMs) return;
      this.#filter.tryAccept(due.held.spamKey, due.dueMs === -Infinity ? nowMs : due.dueMs);
      this.#held.delete(due.id);
      yield due.held;
    }
  }

  /** When `takeDue` will have something; `undefined` if nothing waits. */
  nextDueMs(): number | undefined {
    return this.#held.next()?.dueMs;
  }

  /** Without room the bucket stays as it is: who was never written about has none, and comes first. */
  #isPaid(spamKey: string, nowMs: number, room: number): boolean {
    if (room < 1) return false;
    if (!this.#held.waitsFor(spamKey)) return this.#filter.tryAccept(spamKey, nowMs);
    this.#filter.touch(spamKey, nowMs);
    this.#held.reschedule(spamKey);
    return false;
  }

  #hasPlaceFor(id: string): boolean {
    return this.#held.size < this.#options.lruCacheSize || this.#held.get(id) !== undefined;
  }
}
