import type { EpisodeFacts } from '../../src/telemetry/episode-facts.ts';
import type { InfluxQueue, QueuedEpisode } from '../../src/telemetry/influx-writer.ts';

/** Episodes and a mark, as the store keeps them. */
export class FakeInfluxQueue implements InfluxQueue {
  readonly #episodes: QueuedEpisode[] = [];
  mark = 0;
  /** How many the history let go of. */
  expired = 0;
  /** What the next read of the store fails with. */
  broken: Error | undefined;

  add(...episodes: readonly EpisodeFacts[]): void {
    for (const facts of episodes) this.#episodes.push({ ...facts, id: this.#episodes.length + 1 });
  }

  get left(): number {
    return this.#episodes.length - this.mark;
  }

  pending(limit: number): readonly QueuedEpisode[] {
    const { broken } = this;
    this.broken = undefined;
    if (broken !== undefined) throw broken;
    return this.#episodes.slice(this.mark, this.mark + limit);
  }

  takeExpired(): number {
    const { expired } = this;
    this.expired = 0;
    return expired;
  }

  count(): number {
    return this.left;
  }

  settle(episodes: readonly QueuedEpisode[]): void {
    this.mark = episodes.at(-1)?.id ?? this.mark;
  }
}
