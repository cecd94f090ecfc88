import { NEVER, of } from 'rxjs';
import type { Logger } from '../logger.ts';
import type { OomEpisode } from '../oom/episode.ts';
import { attribute, type Attribution } from '../pods/attribute.ts';
import type { Answer, PodNews } from '../pods/live-attributor.ts';
import { type NodeEvents, withNodeEvents } from '../pods/node-events.ts';
import { OwnLevels } from '../pods/own-levels.ts';
import type { PodDirectory } from '../pods/pod-directory.ts';

/** Finds out whose an episode was, by what is known now. Nobody waits in there. */
export interface Attributor {
  readonly news: PodNews;
  /** Takes an episode down, once, before it is asked about: others may be told by it. */
  see(episode: OomEpisode): void;
  /** @param watchedMs for how long the pods have been watched since; `Infinity` for a last answer */
  attribute(episode: OomEpisode, watchedMs: number): Answer;
}

/** By the path alone, at once. */
export function attributeBy(pods: PodDirectory): Attributor {
  const ownLevels = new OwnLevels();
  return {
    news: { live$: of(true), changed$: NEVER },
    see: (episode) => ownLevels.see(episode, pods),
    attribute: (episode) => ({ attribution: attribute(episode, pods, ownLevels) }),
  };
}

export interface AttributorOptions {
  readonly attributor: Attributor;
  readonly nodeEvents?: NodeEvents | undefined;
  readonly log: Logger;
}

/** A bug in another one, or an answer nobody foresaw, must not cost a kill its Event. */
export class GuardedAttributor implements Attributor {
  readonly news: PodNews;
  readonly #options: AttributorOptions;

  constructor(options: AttributorOptions) {
    this.news = options.attributor.news;
    this.#options = options;
  }

  /** Where it fails, only whose a withheld kill was is not told by this one. */
  see(episode: OomEpisode): void {
    const { attributor } = this.#options;
    this.#try('an episode was not taken down: a bug', episode, () => attributor.see(episode));
  }

  attribute(episode: OomEpisode, watchedMs: number): Answer {
    const { attributor, nodeEvents = 'on' } = this.#options;
    const answer = this.#try('attribution failed: the node is blamed', episode, () =>
      attributor.attribute(episode, watchedMs),
    );
    if (answer?.patienceMs !== undefined) return answer;
    return {
      attribution: withNodeEvents(answer?.attribution ?? unattributed(episode), nodeEvents),
    };
  }

  #try<T>(whatFailed: string, { sequence }: OomEpisode, ask: () => T): T | undefined {
    try {
      return ask();
    } catch (err) {
      this.#options.log.error({ err, sequence }, whatFailed);
      return undefined;
    }
  }
}

/** What is known of an episode that nobody could attribute: it happened on this node. */
export function unattributed({ taskMemcg, limitLevel }: OomEpisode): Attribution {
  return {
    subjects: [{ kind: 'node' }],
    source: 'none',
    ...(taskMemcg !== undefined && { cgroup: taskMemcg }),
    ...(limitLevel !== undefined && { limitLevel }),
  };
}
