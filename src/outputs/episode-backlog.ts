import type { OomEpisode } from '../oom/episode.ts';
import type { Attribution } from '../pods/attribute.ts';
import type { Backlog } from './episode-queue.ts';

/** An episode in the store whose subjects are known. */
export interface QueuedEpisode {
  /** Ascending in the order of recording. */
  readonly id: number;
  readonly bootId: string;
  /** When it entered the store, ms since the epoch. */
  readonly enteredMs: number;
  readonly episode: OomEpisode;
  readonly attribution: Attribution;
}

/** What is needed of the store: the history, and notes. */
export interface EpisodeStore {
  readonly episodes: {
    /** The oldest first: those after `id`, and those in `among`. */
    attributed(id: number, among: readonly number[], count: number): readonly QueuedEpisode[];
    /** The ids of these, and of those that may yet be attributed. */
    attributable(id: number, among: readonly number[], until?: number): readonly number[];
    /** What is older was let go, but for what is pending; `undefined` while nothing is decided. */
    oldestDecided(): number | undefined;
  };
  readonly notes: {
    get(key: string): unknown;
    put(rows: readonly { readonly key: string; readonly value: unknown }[], nowMs: number): void;
  };
  readonly writable: boolean;
}

/** The output it is for. */
export interface BacklogOwner {
  readonly name: string;
  /** Whether it begins with what the history has, and not with what is recorded from now on. */
  readonly backfills: boolean;
}

/**
 * The store's episodes as an output has them before it: a mark, and the ids it has passed because their
 * attribution was pending. Nobody waits for those; they come when they are decided.
 */
export class EpisodeBacklog implements Backlog {
  readonly #store: EpisodeStore;
  readonly #nowMs: () => number;
  readonly #markNote: string;
  readonly #passedNote: string;

  /** Notes are called by the output's name: `<name>-mark` and `<name>-passed`. */
  constructor(store: EpisodeStore, { name, backfills }: BacklogOwner, nowMs: () => number) {
    this.#store = store;
    this.#nowMs = nowMs;
    this.#markNote = `${name}-mark`;
    this.#passedNote = `${name}-passed`;
    if (store.notes.get(this.#markNote) === undefined) this.#begin(backfills);
  }

  pending(limit: number): readonly QueuedEpisode[] {
    return this.#store.episodes.attributed(this.#mark, this.#passed, limit);
  }

  /**
   * Of what is older than the oldest decided one, only what is pending is still there. (Among those let
   * go may be some that would have been none: nothing tells any more.)
   */
  takeExpired(): number {
    const { episodes, writable } = this.#store;
    const oldest = episodes.oldestDecided();
    if (oldest === undefined || !writable) return 0; // the file may have them
    const [mark, passed] = [this.#mark, this.#passed];
    const isOlder = (id: number): boolean => id < oldest;
    const unsettled = passed.filter(isOlder).length + Math.max(oldest - 1 - mark, 0);
    if (unsettled === 0) return 0;
    const left = episodes.attributable(mark, passed, oldest - 1);
    const expired = unsettled - left.filter(isOlder).length;
    if (expired > 0) this.#put(Math.max(mark, oldest - 1), left);
    return expired;
  }

  /** How many wait, those among them whose attribution is pending. */
  count(): number {
    return this.#store.episodes.attributable(this.#mark, this.#passed).length;
  }

  settle(settled: readonly QueuedEpisode[]): void {
    const ids = new Set(settled.map(({ id }) => id));
    const mark = Math.max(this.#mark, ...ids);
    const { episodes } = this.#store;
    const left = episodes.attributable(this.#mark, this.#passed, mark).filter((id) => !ids.has(id));
    this.#put(mark, left);
  }

  /** What the history let go of before was asked for by nobody. */
  #begin(backfills: boolean): void {
    const { episodes } = this.#store;
    if (!backfills) return this.#put(episodes.attributable(0, []).at(-1) ?? 0, []);
    const mark = (episodes.oldestDecided() ?? 1) - 1;
    this.#put(mark, episodes.attributable(0, [], mark));
  }

  get #mark(): number {
    return Number(this.#store.notes.get(this.#markNote) ?? 0);
  }

  get #passed(): readonly number[] {
    return (this.#store.notes.get(this.#passedNote) ?? []) as readonly number[];
  }

  /** Passed ones first: what is both passed and beyond the mark is one all the same. */
  #put(mark: number, passed: readonly number[]): void {
    const rows = [
      { key: this.#passedNote, value: passed },
      { key: this.#markNote, value: mark },
    ];
    this.#store.notes.put(rows, this.#nowMs());
  }
}
