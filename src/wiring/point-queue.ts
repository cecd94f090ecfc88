import type { StateStore } from '../store/state-store.ts';
import type { AttributedEpisode } from '../store/episode-table.ts';
import { episodeFacts } from '../telemetry/episode-facts.ts';
import type { InfluxQueue, QueuedEpisode } from '../telemetry/influx-writer.ts';

const MARK_NOTE = 'influx-mark';
const PASSED_NOTE = 'influx-passed';

type PointStore = Pick<StateStore, 'episodes' | 'notes' | 'writable'>;

/**
 * The store's episodes as a queue of points: a mark, and the ids it has passed because their
 * attribution was pending. Nobody waits for those; they come when they are decided.
 */
export class PointQueue implements InfluxQueue {
  readonly #store: PointStore;
  readonly #nowMs: () => number;

  constructor(store: PointStore, nowMs: () => number) {
    this.#store = store;
    this.#nowMs = nowMs;
    if (store.notes.get(MARK_NOTE) === undefined) this.#begin();
  }

  pending(limit: number): readonly QueuedEpisode[] {
    return this.#store.episodes.attributed(this.#mark, this.#passed, limit).map(toQueued);
  }

  /**
   * Of what is older than the oldest decided one, only what is pending is still there. (Among those let
   * go may be some that would have been no points: nothing tells any more.)
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

  /** With what the history has; what it let go of before was asked for by nobody. */
  #begin(): void {
    const { episodes } = this.#store;
    const mark = (episodes.oldestDecided() ?? 1) - 1;
    this.#put(mark, episodes.attributable(0, [], mark));
  }

  get #mark(): number {
    return Number(this.#store.notes.get(MARK_NOTE) ?? 0);
  }

  get #passed(): readonly number[] {
    return (this.#store.notes.get(PASSED_NOTE) ?? []) as readonly number[];
  }

  /** Passed ones first: what is both passed and beyond the mark is one point all the same. */
  #put(mark: number, passed: readonly number[]): void {
    const rows = [
      { key: PASSED_NOTE, value: passed },
      { key: MARK_NOTE, value: mark },
    ];
    this.#store.notes.put(rows, this.#nowMs());
  }
}

function toQueued({ id, episode, attribution }: AttributedEpisode): QueuedEpisode {
  return { id, ...episodeFacts({ episode, attribution, events: [] }) };
}
