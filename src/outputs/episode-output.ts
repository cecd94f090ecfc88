import type { AttributedEpisode } from '../store/episode-history.ts';
import type { BacklogOwner } from './episode-backlog.ts';
import { type Backlog, type EpisodeBatch, EpisodeQueue } from './episode-queue.ts';
import { Output } from './output.ts';
import type { OutputClient } from './output-client.ts';
import type { Outcome, OutputEnv, OutputWords } from './output-report.ts';

/** What came of an episode. `expired`: the history let go of it first; `excluded`: it was not to go there. */
export type EpisodeOutcome<O extends string> = Outcome<O> | 'expired' | 'excluded';

/** A client that takes episodes. A new output is one of these and a line in `wiring/open-outputs.ts`. */
export interface EpisodeClient<O extends string = string>
  extends OutputClient<EpisodeBatch, O>, BacklogOwner {
  /** As the log calls it: `influxdb`. */
  readonly destination: string;
  /** What an episode is there: `points`. */
  readonly items: string;
  /** The labels of its metric. */
  readonly outcomes: readonly EpisodeOutcome<O>[];
  readonly maxBatch: number;
  /** A day where absent. */
  readonly giveUpAfterMs?: number;
  /** Whether one is not to go there; none where absent. */
  isExcluded?(episode: AttributedEpisode): boolean;
}

/** Takes each attributed episode to a client, in the order in which they were recorded. */
export function episodeOutput<O extends string>(
  client: EpisodeClient<O>,
  backlog: Backlog,
  env: OutputEnv<EpisodeOutcome<O>>,
): Output<EpisodeBatch, O> {
  const { destination, items, maxBatch, giveUpAfterMs } = client;
  const queue = new EpisodeQueue(backlog, {
    maxBatch,
    isExcluded: (episode) => client.isExcluded?.(episode) === true,
    onExcluded: (count) => env.tally('excluded', count),
    onExpired: (count) => {
      env.tally('expired', count);
      env.log.warn({ [items]: count }, `${items} expired: the history is full`);
    },
  });
  const words: OutputWords<EpisodeBatch> = {
    delivered: `${items} written to ${destination}`,
    cannot: `cannot write to ${destination}, ${items} wait in the store`,
    waits: `${items} wait to be tried again`,
    again: `writing to ${destination} again`,
    unreadable: `cannot read the ${items} that wait`,
    dropped: ({ outcome }) =>
      outcome === 'refused' ? `${destination} refused ${items}` : `${items} given up`,
    facts: ({ id, size }) => ({ episode: id, [items]: size }),
    counted: items,
  };
  return new Output({ queue, client, giveUpAfterMs, words }, env);
}
