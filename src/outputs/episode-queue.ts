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

/**
 * One batch at a time; whatever has come meanwhile is in the next. One that does not pass is halved
 * until the episode to blame is alone, and from there doubled again.
 */
export class EpisodeQueue implements DeliveryQueue<EpisodeBatch> {
  readonly #backlog: Backlog;
  readonly #maxBatch: number;
  readonly #onExpired: (count: number) => void;
  #limit: number;
  #isTaken = false;

  constructor(backlog: Backlog, maxBatch: number, onExpired: (count: number) => void) {
    this.#backlog = backlog;
    this.#limit = this.#maxBatch = maxBatch;
    this.#onExpired = onExpired;
  }

  /** Nothing is remembered of the store. */
  refresh(): void {}

  take(): EpisodeBatch | undefined {
    if (this.#isTaken) return undefined;
    const expired = this.#backlog.takeExpired();
    if (expired > 0) this.#onExpired(expired);
    const episodes = this.#backlog.pending(this.#limit);
    const [oldest] = episodes;
    if (oldest === undefined) return undefined;
    this.#isTaken = true;
    return { id: oldest.id, enteredAtMs: oldest.enteredMs, size: episodes.length, episodes };
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
    if (isDelivered) this.#limit = Math.min(this.#limit * 2, this.#maxBatch);
    this.release();
  }
}
