import type { AttributedEpisode } from '../../src/store/episode-history.ts';
import type { Backlog } from '../../src/outputs/episode-output.ts';
import type { EpisodeFacts } from '../../src/recorder/episode-facts.ts';
import { podEntry, recordedKill } from './telemetry.ts';

/** Episodes and a mark, as the store keeps them. */
export class FakeBacklog implements Backlog {
  readonly #episodes: AttributedEpisode[] = [];
  mark = 0;
  /** How many the history let go of. */
  expired = 0;
  /** What the next read of the store fails with. */
  broken: Error | undefined;

  add(...kills: readonly EpisodeFacts[]): void {
    for (const facts of kills) this.#episodes.push(queuedKill(facts, this.#episodes.length + 1));
  }

  get left(): number {
    return this.#episodes.length - this.mark;
  }

  pending(limit: number): readonly AttributedEpisode[] {
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

  settle(episodes: readonly AttributedEpisode[]): void {
    this.mark = episodes.at(-1)?.id ?? this.mark;
  }
}

/** A kill of which these are the facts, as the store has it: since long ago. */
export function queuedKill(facts: EpisodeFacts, id: number): AttributedEpisode {
  const { pod = '', container = '', sequence, atMs } = facts;
  const kill = recordedKill(podEntry(pod, [container]), { sequence, atMs });
  return { ...kill, id, bootId: 'boot-1', state: 'recorded', enteredMs: 0 };
}
