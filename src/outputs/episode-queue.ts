import type { AttributedEpisode } from '../store/episode-history.ts';
import type { EpisodeBacklog } from './episode-backlog.ts';
import type { Delivery, DeliveryQueue } from './output-client.ts';

/** Episodes that go at once, the oldest first. */
export interface EpisodeBatch extends Delivery {
  readonly size: number;
  readonly episodes: readonly AttributedEpisode[];
}

/** The episodes in the store that an output has not settled. */
export type Backlog = Pick<EpisodeBacklog, 'pending' | 'takeExpired' | 'settle'>;

export interface EpisodeQueueOptions {
  readonly maxBatch: number;
  /** Whether one is to be settled without a delivery. */
  readonly isExcluded: (episode: AttributedEpisode) => boolean;
  readonly onExcluded: (count: number) => void;
  readonly onExpired: (count: number) => void;
}

/**
 * One batch at a time; whatever has come meanwhile is in the next. One that does not pass is halved
 * until the episode to blame is alone, and from there doubled again.
 */
export class EpisodeQueue implements DeliveryQueue<EpisodeBatch> {
  readonly #backlog: Backlog;
  readonly #options: EpisodeQueueOptions;
  #limit: number;
  #isTaken = false;

  constructor(backlog: Backlog, options: EpisodeQueueOptions) {
    this.#backlog = backlog;
    this.#options = options;
    this.#limit = options.maxBatch;
  }

  /** Nothing is remembered of the store. */
  refresh(): void {}

  take(): EpisodeBatch | undefined {
    if (this.#isTaken) return undefined;
    const expired = this.#backlog.takeExpired();
    if (expired > 0) this.#options.onExpired(expired);
    const episodes = this.#included();
    const [oldest] = episodes;
    if (oldest === undefined) return undefined;
    this.#isTaken = true;
    return { id: oldest.id, enteredAtMs: oldest.enteredMs, size: episodes.length, episodes };
  }

  /** The oldest ones up to one that is excluded. Those before them that are, are settled. */
  #included(): readonly AttributedEpisode[] {
    const { isExcluded, onExcluded, maxBatch } = this.#options;
    let count = this.#limit;
    for (;;) {
      const episodes = this.#backlog.pending(count);
      const first = episodes.findIndex((episode) => !isExcluded(episode));
      if (first === 0 || episodes.length === 0) {
        const end = episodes.findIndex(isExcluded);
        return episodes.slice(0, Math.min(end === -1 ? Infinity : end, this.#limit));
      }
      const excluded = first === -1 ? episodes : episodes.slice(0, first);
      this.#backlog.settle(excluded);
      onExcluded(excluded.length);
      count = maxBatch;
    }
  }

  release(): void {
    this.#isTaken = false;
  }

  /** There is nobody to pass it. */
  setAside(): () => void {
    return () => this.release();
  }

  split({ size }: EpisodeBatch): boolean {
    if (size === 1) return false;
    this.#limit = Math.ceil(size / 2);
    this.release();
    return true;
  }

  remove({ episodes }: EpisodeBatch, isDelivered: boolean): void {
    this.#backlog.settle(episodes);
    if (isDelivered) this.#limit = Math.min(this.#limit * 2, this.#options.maxBatch);
    this.release();
  }
}
