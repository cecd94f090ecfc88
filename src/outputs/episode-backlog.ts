import type { AttributedEpisode, EpisodeKey } from '../store/episode-history.ts';
import type { StateStore } from '../store/state-store.ts';

type BacklogStore = Pick<StateStore, 'history' | 'notes' | 'writable'>;

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
  /** In metrics and in the state file, for ever: `influx`. */
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
export class EpisodeBacklog {
  readonly #store: BacklogStore;
  readonly #markNote: string;
  readonly #passedNote: string;
  readonly #backfills: boolean;
  /** Since when it has waited for a file that may have its mark. */
  readonly #namedMs: number | undefined;
  /** Settled and not noted yet. */
  #settled: readonly Settled[] = [];

  /** Notes are called by the output's name: `<name>-mark` and `<name>-passed`. */
  constructor(store: BacklogStore, { name, backfills }: BacklogOwner, nowMs: () => number) {
    this.#store = store;
    this.#markNote = `${name}-mark`;
    this.#passedNote = `${name}-passed`;
    this.#backfills = backfills;
    this.#namedMs = store.writable ? undefined : nowMs();
    this.#note();
  }

  /** The oldest ones beyond the mark. */
  pending(limit: number): readonly AttributedEpisode[] {
    this.#note();
    const { history } = this.#store;
    if (this.#settled.length === 0) return history.attributed(this.#mark, this.#passed, limit);
    return history.attributed(Number.MAX_SAFE_INTEGER, this.#waiting(), limit);
  }

  /**
   * How many the history let go of before they were settled; each is told once.
   *
   * Of what is older than the oldest decided one, only what is pending is still there. (Among those let
   * go may be some that would have been none: nothing tells any more.)
   */
  takeExpired(): number {
    this.#note();
    const { history } = this.#store;
    const oldest = history.oldestDecided();
    if (oldest === undefined) return 0;
    const [mark, passed] = [this.#mark, this.#passed];
    const isOlder = (id: number): boolean => id < oldest;
    const unsettled = passed.filter(isOlder).length + Math.max(oldest - 1 - mark, 0);
    if (unsettled === 0) return 0;
    const left = history.attributable(mark, passed, oldest - 1);
    if (!this.#store.writable) return 0; // the file may have them
    const expired = unsettled - left.filter(isOlder).length;
    if (expired > 0) this.#put(Math.max(mark, oldest - 1), left);
    return expired;
  }

  /** How many wait, those among them whose attribution is pending. */
  count(): number {
    return this.#waiting().length;
  }

  /** These, the oldest ones, were delivered or never will be: moves the mark. */
  settle(settled: readonly AttributedEpisode[]): void {
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
    const ids = this.#store.history.attributable(this.#mark, this.#passed, until);
    const settled = new Set(settledIds);
    return settled.size === 0 ? ids : ids.filter((id) => !settled.has(id));
  }

  /** The ids that they have now. */
  #settledIds(): readonly number[] {
    if (this.#settled.length === 0) return [];
    return this.#store.history.idsOf(this.#settled.map(({ key }) => key));
  }

  /** What the history let go of before was asked for by nobody. */
  #begin(): void {
    const { history } = this.#store;
    if (!this.#backfills) {
      const isFirst = this.#namedMs === undefined;
      const last = isFirst ? history.attributable(0, []).at(-1) : history.lastBefore(this.#namedMs);
      return this.#put(last ?? 0, []);
    }
    const mark = (history.oldestDecided() ?? 1) - 1;
    this.#put(mark, history.attributable(0, [], mark));
  }

  get #mark(): number {
    return Number(this.#store.notes.get(this.#markNote) ?? 0);
  }

  get #passed(): readonly number[] {
    return (this.#store.notes.get(this.#passedNote) ?? []) as readonly number[];
  }

  /** Passed ones first: what is both passed and beyond the mark is one all the same. */
  #put(mark: number, passed: readonly number[]): void {
    this.#store.notes.put([
      { key: this.#passedNote, value: passed },
      { key: this.#markNote, value: mark },
    ]);
  }
}
