import { NEVER, of } from 'rxjs';
import type { Logger } from '../logger.ts';
import type { OomEpisode } from '../oom/episode.ts';
import { attribute, type Attribution } from '../pods/attribute.ts';
import type { Answer, PodNews } from '../pods/live-attributor.ts';
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

/** One who never waits. */
interface PromptAttributor extends Attributor {
  attribute(episode: OomEpisode, watchedMs?: number): { readonly attribution: Attribution };
}

/** By the path alone, at once. */
export function attributeBy(pods: PodDirectory): PromptAttributor {
  const ownLevels = new OwnLevels();
  return {
    news: { live$: of(true), changed$: NEVER },
    see: (episode) => ownLevels.see(episode, pods),
    attribute: (episode) => ({ attribution: attribute(episode, pods, ownLevels) }),
  };
}

/**
 * Whether Node Events are wanted (`--node-events`). `off` is for nodes whose kubelet and
 * node-problem-detector post them already: there the kill is in the history and the metrics alone.
 */
export type NodeEvents = 'on' | 'off';

export interface AttributorOptions {
  readonly attributor: Attributor;
  readonly nodeEvents?: NodeEvents | undefined;
  readonly log: Logger;
}

/** A bug in another one, or an answer nobody foresaw, must not cost a kill its Event. */
export function guardAttributor(options: AttributorOptions): Attributor {
  const { attributor, nodeEvents = 'on', log } = options;
  return {
    news: attributor.news,
    // Where it fails, only whose a withheld kill was is not told by this one.
    see: (episode) => {
      try {
        attributor.see(episode);
      } catch (err) {
        log.error({ err, sequence: episode.sequence }, 'an episode was not taken down: a bug');
      }
    },
    attribute: (episode, watchedMs) => {
      let attribution: Attribution | undefined;
      try {
        const answer = attributor.attribute(episode, watchedMs);
        if (answer.patienceMs !== undefined) return answer;
        attribution = answer.attribution;
      } catch (err) {
        log.error({ err, sequence: episode.sequence }, 'attribution failed: the node is blamed');
      }
      return { attribution: withNodeEvents(attribution ?? unattributed(episode), nodeEvents) };
    },
  };
}

/** The answer without the Node where its Events are not wanted. */
function withNodeEvents(attribution: Attribution, wanted: NodeEvents): Attribution {
  if (wanted === 'on') return attribution;
  return { ...attribution, subjects: attribution.subjects.filter(({ kind }) => kind !== 'node') };
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
