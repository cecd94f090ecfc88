import type { OomEpisode } from '../oom/episode.ts';
import { attribute, type Attribution } from '../pods/attribute.ts';
import type { PodDirectory } from '../pods/pod-directory.ts';

/** Finds out whose an episode was. It may take as long as the API server is away. */
export interface Attributor {
  attribute(episode: OomEpisode): Promise<Attribution>;
}

/** By the path alone, at once. */
export function attributeBy(pods: PodDirectory): Attributor {
  return { attribute: (episode) => Promise.resolve(attribute(episode, pods)) };
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
