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

/** Boot and sequence: what a file that was away gives no other. */
export type EpisodeKey = readonly [bootId: string, sequence: number];

/** What is needed of the store: the history, and notes. */
export interface EpisodeStore {
  readonly episodes: {
    /** The oldest first: those after `id`, and those in `among`. */
    attributed(id: number, among: readonly number[], count: number): readonly QueuedEpisode[];
    /** The ids of these, and of those that may yet be attributed. */
    attributable(id: number, among: readonly number[], until?: number): readonly number[];
    /** The ids that these have now; of those that are gone, none. */
    idsOf(episodes: readonly EpisodeKey[]): readonly number[];
    /** The last id of what entered the store before then; 0 if there is none. */
    lastBefore(ms: number): number;
    /** What is older was let go, but for what is pending; `undefined` while nothing is decided. */
    oldestDecided(): number | undefined;
  };
  readonly notes: {
    get(key: string): unknown;
    put(rows: readonly { readonly key: string; readonly value: unknown }[], nowMs: number): void;
  };
  readonly writable: boolean;
}

/**
 * How many that were settled are remembered while the file is away: more than the store has without it,
 * the newest thousand and what the file has as pending. What is forgotten is delivered a second time.
 */
const MAX_REMEMBERED = 5000;

/** What is remembered of one: its id may be another when the file is back. */
interface Settled {
  readonly id: number;
  readonly key: EpisodeKey;
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
 *
 * While the state file is away, episodes that wait may be in the file alone: the mark stays, and what is
 * settled is remembered here. A crash before the file is back costs a second delivery of those.
 */
export class EpisodeBacklog implements Backlog {
  readonly #store: EpisodeStore;
  readonly #nowMs: () => number;
  readonly #markNote: string;
  readonly #passedNote: string;
  readonly #backfills: boolean;
  /** Since when it has waited for a file that may have its mark. */
  readonly #namedMs: number | undefined;
  /** Settled and not noted yet. */
  #settled: readonly Settled[] = [];

  /** Notes are called by the output's name: `<name>-mark` and `<name>-passed`. */
  constructor(store: EpisodeStore, { name, backfills }: BacklogOwner, nowMs: () => number) {
    this.#store = store;
    this.#nowMs = nowMs;
    this.#markNote = `${name}-mark`;
    this.#passedNote = `${name}-passed`;
    this.#backfills = backfills;
    this.#namedMs = store.writable ? undefined : nowMs();
    this.#note();
  }

  pending(limit: number): readonly QueuedEpisode[] {
    this.#note();
    const { episodes } = this.#store;
    if (this.#settled.length === 0) return episodes.attributed(this.#mark, this.#passed, limit);
    return episodes.attributed(Number.MAX_SAFE_INTEGER, this.#waiting(), limit);
  }

  /**
   * Of what is older than the oldest decided one, only what is pending is still there. (Among those let
   * go may be some that would have been none: nothing tells any more.)
   */
  takeExpired(): number {
    this.#note();
    const { episodes } = this.#store;
    const oldest = episodes.oldestDecided();
    if (oldest === undefined) return 0;
    const [mark, passed] = [this.#mark, this.#passed];
    const isOlder = (id: number): boolean => id < oldest;
    const unsettled = passed.filter(isOlder).length + Math.max(oldest - 1 - mark, 0);
    if (unsettled === 0) return 0;
    const left = episodes.attributable(mark, passed, oldest - 1);
    if (!this.#store.writable) return 0; // the file may have them
    const expired = unsettled - left.filter(isOlder).length;
    if (expired > 0) this.#put(Math.max(mark, oldest - 1), left);
    return expired;
  }

  /** How many wait, those among them whose attribution is pending. */
  count(): number {
    return this.#waiting().length;
  }

  settle(settled: readonly QueuedEpisode[]): void {
    const added = settled.map(({ id, bootId, episode }): Settled => ({
      id,
      key: [bootId, episode.sequence],
    }));
    this.#settled = [...this.#settled, ...added].slice(-MAX_REMEMBERED);
    this.#note();
  }

  /** Moves the mark past what was settled, if that can be told of the file's episodes. */
  #note(): void {
    if (!this.#store.writable) return;
    if (this.#store.notes.get(this.#markNote) === undefined) this.#begin();
    if (this.#settled.length === 0) return;
    const settledIds = this.#settledIds();
    const mark = Math.max(this.#mark, ...this.#settled.map(({ id }) => id), ...settledIds);
    const left = this.#waiting(settledIds, mark);
    // Asked last: a file may fail when it is read.
    if (!this.#store.writable) return;
    this.#put(mark, left);
    this.#settled = [];
  }

  /** The ids of those that are not settled. */
  #waiting(settledIds = this.#settledIds(), until?: number): readonly number[] {
    const ids = this.#store.episodes.attributable(this.#mark, this.#passed, until);
    const settled = new Set(settledIds);
    return settled.size === 0 ? ids : ids.filter((id) => !settled.has(id));
  }

  /** The ids that they have now. */
  #settledIds(): readonly number[] {
    if (this.#settled.length === 0) return [];
    return this.#store.episodes.idsOf(this.#settled.map(({ key }) => key));
  }

  /** What the history let go of before was asked for by nobody. */
  #begin(): void {
    const { episodes } = this.#store;
    if (!this.#backfills) {
      const isFirst = this.#namedMs === undefined;
      const last = isFirst
        ? episodes.attributable(0, []).at(-1)
        : episodes.lastBefore(this.#namedMs);
      return this.#put(last ?? 0, []);
    }
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
