import type { Logger } from '../logger.ts';
import type { StateStore } from '../store/state-store.ts';
import type { NumberedEpisode } from '../store/stored-episode.ts';
import type { EventOrigin } from './build-event.ts';
import type { EventRecorder } from './event-recorder.ts';
import {
  type EpisodeCounters,
  recordEpisode,
  type RecordedEpisode,
  stateOf,
} from './recorded-episode.ts';

/** What an episode is written with. */
export interface SettleParts {
  readonly store: StateStore;
  readonly events: Pick<EventRecorder, 'record' | 'amend'>;
  readonly origin: EventOrigin;
  readonly log: Logger;
  /** Where what is recorded counts, in the transaction that records it. */
  readonly counters?: EpisodeCounters | undefined;
  /** Told of every episode that was attributed, once it is in the store with its Events. */
  readonly onRecorded: (recorded: RecordedEpisode) => void;
}

/** What is known of one of them by now: its Events, unless its day is over. */
interface Settled {
  readonly decided: NumberedEpisode;
  readonly recorded?: RecordedEpisode;
}

/**
 * The second transaction of episodes that were pending, for all of them together: their Events, or the
 * end of their day. What cannot be written now stays pending, and is taken up again at the next start.
 */
export function settlePending(decided: readonly NumberedEpisode[], parts: SettleParts): void {
  const settled = decided.flatMap((one) => withEvents(one, parts));
  for (const one of written(settled, parts)) tell(one, parts);
}

/** It may have been pending since another boot. A bug that it finds must not cost the others their Events. */
function withEvents(decided: NumberedEpisode, { origin, log }: SettleParts): readonly Settled[] {
  const { episode, bootId, attribution } = decided;
  if (attribution === undefined) return [{ decided }];
  try {
    return [{ decided, recorded: recordEpisode(episode, attribution, { ...origin, bootId }) }];
  } catch (err) {
    log.error({ err, sequences: [episode.sequence] }, 'episodes stay pending');
    return [];
  }
}

/** All of them in one transaction; where that fails, each in its own: a bug that one finds is no other's. */
function written(all: readonly Settled[], parts: SettleParts): readonly Settled[] {
  if (all.length === 0) return [];
  try {
    parts.store.transaction(() => all.forEach((one) => write(one, parts)));
    return all;
  } catch (err) {
    if (all.length > 1) return all.flatMap((one) => written([one], parts));
    const sequences = all.map(({ decided }) => decided.episode.sequence);
    parts.log.error({ err, sequences }, 'episodes stay pending');
    return [];
  }
}

function write({ decided, recorded }: Settled, { store, events, counters }: SettleParts): void {
  const state = recorded === undefined ? 'kept' : stateOf(recorded);
  store.episodes.settle({ ...decided, state });
  if (recorded === undefined) return;
  events.record(recorded);
  store.change(() => counters?.recorded(recorded));
}

/** It is written by now: a bug in there must not have that done again. */
function tell({ decided, recorded }: Settled, { onRecorded, log }: SettleParts): void {
  const { bootId, episode } = decided;
  const { sequence } = episode;
  if (recorded === undefined) {
    log.error({ sequence, bootId }, 'not attributed within a day: in the history alone');
    return;
  }
  try {
    onRecorded(recorded);
  } catch (err) {
    log.error({ err, sequence }, 'a recorded episode was not told of: a bug');
  }
}
