import { NEVER, of } from 'rxjs';
import type { OomEpisode } from '../oom/episode.ts';
import { attribute, type Attribution } from '../pods/attribute.ts';
import type { Answer, PodNews } from '../pods/live-attributor.ts';
import { withNodeEvents, type NodeEvents } from '../pods/node-events.ts';
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
export function attributeBy(pods: PodDirectory, nodeEvents: NodeEvents = 'on'): Attributor {
  const ownLevels = new OwnLevels();
  return {
    news: { live$: of(true), changed$: NEVER },
    see: (episode) => ownLevels.see(episode, pods),
    attribute: (episode) => ({
      attribution: withNodeEvents(attribute(episode, pods, ownLevels), nodeEvents),
    }),
  };
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
