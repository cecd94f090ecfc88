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

/**
 * The second transaction of episodes that were pending, for all of them together: their Events, or the
 * end of their day. What cannot be written now stays pending, and is taken up again at the next start.
 */
export function settlePending(decided: readonly NumberedEpisode[], parts: SettleParts): void {
  for (const settled of written(decided, parts)) tell(settled, parts);
}

/** With its Events, unless its day is over. */
type SettledEpisode = RecordedEpisode | NumberedEpisode;

/** All of them in one transaction; where that fails, each in its own: a bug that one finds is no other's. */
function written(
  decided: readonly NumberedEpisode[],
  parts: SettleParts,
): readonly SettledEpisode[] {
  const settled: SettledEpisode[] = [];
  try {
    parts.store.transaction(() => {
      for (const one of decided) settled.push(settle(one, parts));
    });
    return settled;
  } catch (err) {
    if (decided.length > 1) return decided.flatMap((one) => written([one], parts));
    const sequences = decided.map(({ episode }) => episode.sequence);
    parts.log.error({ err, sequences }, 'episodes stay pending');
    return [];
  }
}

/** Writes one of them. It may have been pending since another boot. */
function settle(
  decided: NumberedEpisode,
  { store, events, origin, counters }: SettleParts,
): SettledEpisode {
  const { episode, bootId, attribution } = decided;
  if (attribution === undefined) {
    store.episodes.settle({ ...decided, state: 'kept' });
    return decided;
  }
  const recorded = recordEpisode(episode, attribution, { ...origin, bootId });
  store.episodes.settle({ ...decided, state: stateOf(recorded) });
  events.record(recorded);
  store.change(() => counters?.recorded(recorded));
  return recorded;
}

/** It is written by now: a bug in there must not have that done again. */
function tell(settled: SettledEpisode, { onRecorded, log }: SettleParts): void {
  const { sequence } = settled.episode;
  if (!('events' in settled)) {
    const { bootId } = settled;
    return log.error({ sequence, bootId }, 'not attributed within a day: in the history alone');
  }
  try {
    onRecorded(settled);
  } catch (err) {
    log.error({ err, sequence }, 'a recorded episode was not told of: a bug');
  }
}
