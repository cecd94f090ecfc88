import { setImmediate as nextTurn } from 'node:timers/promises';
import { Subscription } from 'rxjs';
import type { Logger } from '../logger.ts';
import type { OomEpisode } from '../oom/episode.ts';
import type { Clock } from '../clock.ts';
import { type EpisodeTable, MAX_PENDING } from '../store/episode-table.ts';
import type { NumberedEpisode, StoredEpisode } from '../store/stored-episode.ts';
import type { Attributor } from './attributor.ts';
import { type DecidedEpisode, decidePending } from './decide-pending.ts';
import { keyOf, type PendingEpisode, PendingIndex, placeOf, podUidsOf } from './pending-index.ts';
import { BATCH, PendingOverflow } from './pending-overflow.ts';
import { PendingTimes } from './pending-times.ts';
import { logWaiting } from './log-episode.ts';

export interface PendingOptions {
  readonly episodes: Pick<EpisodeTable, 'findPending' | 'pending' | 'unloaded' | 'reloads$'>;
  readonly attributor: Attributor;
  readonly clock: Clock;
  readonly log: Logger;
  /** Writes what was decided, in one transaction. Must not fail. */
  readonly settle: (decided: readonly DecidedEpisode[]) => void;
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
  /** The keys of those to look at. */
  readonly #woken = new Set<string>();
  #isWorking = false;
  #stopped = false;
  #whenSettled: (() => void)[] = [];

  constructor(options: PendingOptions) {
    const { clock, attributor, episodes } = options;
    const { live$, changed$ } = attributor.news;
    this.#options = options;
    this.#overflow = new PendingOverflow(options);
    this.#times = new PendingTimes(this.#index, clock, live$, (keys) => this.#wake(...keys));
    this.#news.add(
      changed$.subscribe(({ cgroupUid }) => this.#wake(...this.#index.ofPod(cgroupUid))),
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
    for (const stored of episodes.pending()) this.#woken.add(this.#takeUp(stored, before));
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
    const key = this.#put(stored, patienceMs, seen);
    if (typeof survived !== 'boolean')
      void survived.then((later) => this.#change(key, { survived: later }));
    if (this.#overflow.isLeft) this.#wake(key);
    this.#limit();
  }

  /** One of them has more to say, perhaps of whose it is. */
  amended(bootId: string, episode: OomEpisode): void {
    const key = keyOf(bootId, episode.sequence);
    if (this.#index.get(key) === undefined) return;
    this.#options.attributor.see(episode);
    this.#change(key, { podUids: podUidsOf(episode) });
  }

  /** Resolves when nothing is pending any longer. */
  async settled(): Promise<void> {
    if (this.#isSettled) return;
    await new Promise<void>((resolve) => this.#whenSettled.push(resolve));
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

  #takeUp(stored: StoredEpisode, before: ReadonlyMap<string, PendingEpisode>): string {
    const key = keyOf(stored.bootId, stored.episode.sequence);
    const known = before.get(key);
    if (known !== undefined) {
      this.#index.put(key, known);
      return key;
    }
    this.#options.attributor.see(stored.episode);
    return this.#put(stored, 0, false);
  }

  #put({ episode, bootId, enteredMs }: StoredEpisode, patienceMs: number, survived?: boolean) {
    const { sequence, killLines } = episode;
    const key = keyOf(bootId, sequence);
    const sinceMs = this.#times.watchedMs;
    this.#index.put(key, {
      bootId,
      sequence,
      killLines,
      place: placeOf(episode),
      podUids: podUidsOf(episode),
      sinceMs,
      dueMs: sinceMs + patienceMs,
      giveUpAtMs: this.#times.giveUpAtMs(enteredMs),
      survived,
    });
    this.#times.include(key);
    return key;
  }

  #change(key: string, change: Partial<PendingEpisode>): void {
    const pending = this.#index.get(key);
    if (pending === undefined) return;
    this.#index.put(key, { ...pending, ...change });
    this.#wake(key);
  }

  /** Most changes are of pods that nobody waits for. */
  #wake(...keys: readonly string[]): void {
    for (const key of keys) this.#woken.add(key);
    if (keys.length > 0) this.#start();
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
    if (this.#isSettled) for (const tell of this.#whenSettled.splice(0)) tell();
  }

  /** Whose turn it is when another was decided is woken by that, and may be decided with it. */
  #decideWoken(): void {
    const decided: DecidedEpisode[] = [];
    let looked = 0;
    for (const key of this.#woken) {
      this.#woken.delete(key);
      if (!this.#index.isNext(key)) continue;
      decided.push(...this.#decide(key));
      if ((looked += 1) === BATCH) break;
    }
    if (decided.length > 0) this.#options.settle(decided);
  }

  /** @returns the episode where something can be said of it */
  #decide(key: string): readonly DecidedEpisode[] {
    const pending = this.#index.get(key);
    const stored = pending && this.#find(pending);
    if (pending === undefined || stored === undefined) {
      this.#remove(key);
      return [];
    }
    const watchedMs = this.#times.watchedMs - pending.sinceMs;
    const isOver = this.#options.clock.monotonicMs() >= pending.giveUpAtMs;
    const { attributor } = this.#options;
    const verdict = decidePending(stored, pending, { watchedMs, isOver }, attributor);
    if ('patienceMs' in verdict) {
      this.#index.put(key, { ...pending, dueMs: pending.sinceMs + verdict.patienceMs });
      return [];
    }
    this.#remove(key);
    return [verdict];
  }

  /** What is left in the file is older than any in the index: it goes first. */
  #limit(): void {
    if (!this.#overflow.isLeft && this.#index.size > MAX_PENDING) this.#decideOldest();
  }

  /** As many as one transaction takes: the next one that comes need not do so again. */
  #decideOldest(): void {
    const oldest = [...this.#index.entries()].slice(0, BATCH);
    this.#overflow.decide(oldest.map(([, pending]) => pending));
    for (const [key] of oldest) this.#remove(key);
    this.#start();
  }

  #find({ bootId, sequence }: PendingEpisode): NumberedEpisode | undefined {
    return this.#options.episodes.findPending(bootId, sequence);
  }

  #remove(key: string): void {
    const next = this.#index.delete(key);
    if (next !== undefined) this.#woken.add(next);
  }
}
