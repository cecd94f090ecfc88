import { setImmediate as nextTurn } from 'node:timers/promises';
import { firstValueFrom, Subject, Subscription } from 'rxjs';
import type { OomEpisode } from '../oom/episode.ts';
import type { Clock } from '../clock.ts';
import { type EpisodeTable, MAX_PENDING } from '../store/episode-table.ts';
import type { NumberedEpisode, StoredEpisode } from '../store/stored-episode.ts';
import { decidePending } from './decide-pending.ts';
import {
  keyOf,
  type PendingEpisode,
  pendingEpisode,
  PendingIndex,
  placeOf,
  podUidsOf,
} from './pending-index.ts';
import { BATCH, type OverflowOptions, PendingOverflow } from './pending-overflow.ts';
import { PendingTimes } from './pending-times.ts';
import { logWaiting } from './log-episode.ts';

export interface PendingOptions extends OverflowOptions {
  readonly episodes: Pick<EpisodeTable, 'findPending' | 'pending' | 'unloaded' | 'reloads$'>;
  readonly clock: Clock;
}

/**
 * The episodes whose attribution must wait. They are in the store, and here is no more of each than
 * it takes to find it when one of its pods changes, when its time is over, or when the one before it
 * is decided: by its container's ID and its pod's UID they are decided in the order they came.
 * Then it is read again, and what can be said by now is written, a batch at a time.
 *
 * At most `MAX_PENDING` wait. Beyond that the oldest are decided early, by what is known then.
 */
export class PendingEpisodes {
  readonly #options: PendingOptions;
  readonly #index = new PendingIndex();
  readonly #times: PendingTimes;
  readonly #overflow: PendingOverflow;
  readonly #news = new Subscription();
  /** The places to look at. */
  readonly #woken = new Set<string>();
  #isWorking = false;
  #stopped = false;
  readonly #settled$ = new Subject<void>();

  constructor(options: PendingOptions) {
    const { clock, attributor, episodes } = options;
    const { live$, changed$ } = attributor.news;
    this.#options = options;
    this.#overflow = new PendingOverflow(options);
    this.#times = new PendingTimes(this.#index, clock, live$, (places) => this.#wake(...places));
    this.#news.add(
      changed$.subscribe(({ cgroupUid }) => this.#wake(...this.#index.placesOf(cgroupUid))),
    );
    this.#news.add(episodes.reloads$.subscribe(() => this.resume()));
  }

  /**
   * Takes up again what an earlier process left: at the start, and when the state file, which was away,
   * may have brought more of it. What that process saw of main processes has gone with it.
   */
  resume(): void {
    const { episodes } = this.#options;
    this.#overflow.resume();
    const before = this.#index.clear();
    for (const stored of episodes.pending()) this.#takeUp(stored, before);
    this.#start();
  }

  /** Whether anything of this place is yet to be decided. */
  isBusy(place: string): boolean {
    return this.#overflow.isLeft || this.#index.isBusy(place);
  }

  /**
   * One that is in the store as pending by now. What an earlier process left comes before it, and has
   * nobody in its place to wake it.
   *
   * @param patienceMs for how long the pods must be watched before it is looked at again
   * @param survived whether the container's main process lives on, as soon as that is known
   */
  add(stored: StoredEpisode, patienceMs: number, survived: boolean | Promise<boolean>): void {
    if (!this.#times.isWatched) logWaiting(stored.episode, this.#options.log);
    const seen = typeof survived === 'boolean' ? survived : undefined;
    const time = this.#times.begin(stored.enteredMs, patienceMs);
    const pending = pendingEpisode(stored, time, seen);
    this.#index.put(pending);
    if (typeof survived !== 'boolean')
      void survived.then((later) => this.#change(pending.key, { survived: later }));
    this.#times.include(pending);
    if (this.#overflow.isLeft) this.#wake(pending.place);
    this.#limit();
  }

  /** One of them has more to say, perhaps of whose it is. */
  amended(bootId: string, episode: OomEpisode): void {
    const key = keyOf(bootId, episode.sequence);
    if (this.#index.get(key) === undefined) return;
    this.#options.attributor.see(episode);
    this.#change(key, { place: placeOf(episode), podUids: podUidsOf(episode) });
  }

  /** Resolves when nothing is pending any longer. */
  async settled(): Promise<void> {
    if (!this.#isSettled) await firstValueFrom(this.#settled$);
  }

  /** From here on nothing is decided. */
  stop(): void {
    this.#stopped = true;
    this.#news.unsubscribe();
    this.#times.stop();
  }

  get #isSettled(): boolean {
    return this.#index.size === 0 && !this.#overflow.isLeft;
  }

  #takeUp(stored: StoredEpisode, before: ReadonlyMap<string, PendingEpisode>): void {
    const known = before.get(keyOf(stored.bootId, stored.episode.sequence));
    if (known === undefined) this.#options.attributor.see(stored.episode);
    const pending = known ?? pendingEpisode(stored, this.#times.begin(stored.enteredMs, 0), false);
    this.#index.put(pending);
    this.#woken.add(pending.place);
  }

  #change(key: string, change: Partial<PendingEpisode>): void {
    const pending = this.#index.get(key);
    if (pending === undefined) return;
    this.#index.put({ ...pending, ...change });
    this.#wake(pending.place, change.place ?? pending.place);
  }

  /** Most changes are of pods that nobody waits for. */
  #wake(...places: readonly string[]): void {
    for (const place of places) this.#woken.add(place);
    if (places.length > 0) this.#start();
  }

  #start(): void {
    if (this.#isWorking || this.#stopped) return;
    this.#isWorking = true;
    void this.#work();
  }

  /** A batch a turn: the log is read in between. */
  async #work(): Promise<void> {
    do {
      await nextTurn();
      if (this.#stopped) return;
      if (this.#overflow.isLeft) this.#overflow.decideLeft();
      else this.#decideWoken();
    } while (this.#woken.size > 0 || this.#overflow.isLeft);
    this.#isWorking = false;
    this.#limit();
    this.#times.plan();
    if (this.#isSettled) this.#settled$.next();
  }

  /** Whoever comes behind one that is decided may be decided with it. */
  #decideWoken(): void {
    const decided: NumberedEpisode[] = [];
    let looked = 0;
    for (const pending of this.#index.turns()) {
      if (!this.#woken.has(pending.place)) continue;
      if ((looked += 1) > BATCH) break;
      decided.push(...this.#decide(pending));
    }
    if (looked <= BATCH) this.#woken.clear();
    if (decided.length > 0) this.#options.settle(decided);
  }

  /** @returns the episode where something can be said of it; else its place waits */
  #decide(pending: PendingEpisode): readonly NumberedEpisode[] {
    const { episodes, clock, attributor } = this.#options;
    const stored = episodes.findPending(pending.bootId, pending.sequence);
    const watchedMs = this.#times.watchedMs - pending.sinceMs;
    const isOver = clock.monotonicMs() >= pending.giveUpAtMs;
    const verdict = stored && decidePending(stored, pending, { watchedMs, isOver }, attributor);
    if (verdict !== undefined && 'patienceMs' in verdict) {
      this.#woken.delete(pending.place);
      this.#index.put({ ...pending, dueMs: pending.sinceMs + verdict.patienceMs });
      return [];
    }
    this.#index.delete(pending);
    return verdict === undefined ? [] : [verdict];
  }

  /**
   * Makes room, for as many as one transaction takes: the next one that comes need not do so again. What
   * is left in the file is older than any in the index, and goes first.
   */
  #limit(): void {
    if (this.#overflow.isLeft || this.#index.size <= MAX_PENDING) return;
    const oldest = this.#index.oldest(BATCH);
    this.#overflow.decide(oldest);
    for (const pending of oldest) this.#index.delete(pending);
    this.#wake(...oldest.map(({ place }) => place));
  }
}
