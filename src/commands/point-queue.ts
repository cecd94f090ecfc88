import type { StateStore } from '../store/state-store.ts';
import type { AttributedEpisode } from '../store/episode-table.ts';
import { episodeFacts } from '../telemetry/episode-facts.ts';
import type { InfluxQueue, QueuedEpisode } from '../telemetry/influx-writer.ts';

const MARK_NOTE = 'influx-mark';
const PASSED_NOTE = 'influx-passed';

/**
 * The store's episodes as a queue of points: a mark, and the ids it has passed because their
 * attribution was pending. Nobody waits for those; they come when they are decided.
 */
export class PointQueue implements InfluxQueue {
  readonly #store: Pick<StateStore, 'episodes' | 'notes'>;
  readonly #nowMs: () => number;

  constructor(store: Pick<StateStore, 'episodes' | 'notes'>, nowMs: () => number) {
    this.#store = store;
    this.#nowMs = nowMs;
  }

  pending(limit: number): readonly QueuedEpisode[] {
    return this.#store.episodes.attributed(this.#mark, this.#passed, limit).map(toQueued);
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
