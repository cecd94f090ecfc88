import type { AttributedEpisode } from '../store/episode-history.ts';
import type { BacklogOwner, EpisodeBacklog } from './episode-backlog.ts';
import { Output } from './output.ts';
import type { Delivery, DeliveryQueue, OutputClient } from './output-client.ts';
import type { Outcome, OutputEnv, OutputWords } from './output-report.ts';

/** Episodes that go at once, the oldest first. */
export interface EpisodeBatch extends Delivery {
  readonly size: number;
  readonly episodes: readonly AttributedEpisode[];
}

/** The episodes in the store that an output has not settled. */
export type Backlog = Pick<EpisodeBacklog, 'pending' | 'takeExpired' | 'settle'>;

/** Not delivered. `expired`: the history let go of it first; `excluded`: it was not to go there. */
type Skipped = 'expired' | 'excluded';

/** What came of an episode. */
export type EpisodeOutcome<O extends string> = Outcome<O> | Skipped;

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

type QueueClient = Pick<EpisodeClient, 'maxBatch' | 'isExcluded'>;

/** Takes each attributed episode to a client, in the order in which they were recorded. */
export function episodeOutput<O extends string>(
  client: EpisodeClient<O>,
  backlog: Backlog,
  env: OutputEnv<EpisodeOutcome<O>>,
): Output<EpisodeBatch, O> {
  const { destination, items, giveUpAfterMs } = client;
  const queue = new EpisodeQueue(backlog, client, (outcome, count) => {
    env.tally(outcome, count);
    if (outcome === 'expired')
      env.log.warn({ [items]: count }, `${items} expired: the history is full`);
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

/**
 * One batch at a time; whatever has come meanwhile is in the next. One that does not pass is halved
 * until the episode to blame is alone, and from there doubled again.
 */
export class EpisodeQueue implements DeliveryQueue<EpisodeBatch> {
  readonly #backlog: Backlog;
  readonly #client: QueueClient;
  readonly #onSkipped: (outcome: Skipped, count: number) => void;
  #limit: number;
  #isTaken = false;

  /** @param onSkipped told of those that are settled without a delivery */
  constructor(
    backlog: Backlog,
    client: QueueClient,
    onSkipped: (outcome: Skipped, count: number) => void,
  ) {
    this.#backlog = backlog;
    this.#client = client;
    this.#onSkipped = onSkipped;
    this.#limit = client.maxBatch;
  }

  /** Nothing is remembered of the store. */
  refresh(): void {}

  take(): EpisodeBatch | undefined {
    if (this.#isTaken) return undefined;
    const expired = this.#backlog.takeExpired();
    if (expired > 0) this.#onSkipped('expired', expired);
    const episodes = this.#included();
    const [oldest] = episodes;
    if (oldest === undefined) return undefined;
    this.#isTaken = true;
    return { id: oldest.id, enteredAtMs: oldest.enteredMs, size: episodes.length, episodes };
  }

  /** The oldest ones up to one that is excluded. Those before them that are, are settled. */
  #included(): readonly AttributedEpisode[] {
    const isExcluded = (episode: AttributedEpisode): boolean =>
      this.#client.isExcluded?.(episode) === true;
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
      this.#onSkipped('excluded', excluded.length);
      count = this.#client.maxBatch;
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
    if (isDelivered) this.#limit = Math.min(this.#limit * 2, this.#client.maxBatch);
    this.release();
  }
}
