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

/** One that was pending, perhaps since another boot, with its Events. */
type SettledEpisode = NumberedEpisode & RecordedEpisode;

/**
 * The second transaction of episodes that were pending, for all of them together: their Events, or the
 * end of their day. What cannot be written now stays pending, and is taken up again at the next start.
 */
export function settlePending(decided: readonly NumberedEpisode[], parts: SettleParts): void {
  const late = decided.filter(({ attribution }) => attribution === undefined);
  for (const one of written(late, giveUp, parts)) {
    const { bootId, episode } = one;
    const { sequence } = episode;
    parts.log.error({ sequence, bootId }, 'not attributed within a day: in the history alone');
  }
  const settled = decided.flatMap((one) => withEvents(one, parts));
  for (const one of written(settled, record, parts)) tell(one, parts);
}

/** All of them in one transaction; where that fails, each in its own: a bug that one finds is no other's. */
function written<T extends NumberedEpisode>(
  all: readonly T[],
  write: (all: readonly T[], parts: SettleParts) => void,
  parts: SettleParts,
): readonly T[] {
  if (all.length === 0) return [];
  try {
    write(all, parts);
    return all;
  } catch (err) {
    if (all.length > 1) return all.flatMap((one) => written([one], write, parts));
    const sequences = all.map(({ episode }) => episode.sequence);
    parts.log.error({ err, sequences }, 'episodes stay pending');
    return [];
  }
}

/** A bug that one of them finds must not cost the others their Events. */
function withEvents(
  decided: NumberedEpisode,
  { origin, log }: SettleParts,
): readonly SettledEpisode[] {
  const { episode, bootId, attribution } = decided;
  if (attribution === undefined) return [];
  try {
    return [{ ...decided, ...recordEpisode(episode, attribution, { ...origin, bootId }) }];
  } catch (err) {
    log.error({ err, sequences: [episode.sequence] }, 'episodes stay pending');
    return [];
  }
}

function record(
  settled: readonly SettledEpisode[],
  { store, events, counters }: SettleParts,
): void {
  store.transaction(() => {
    for (const one of settled) {
      store.episodes.settle({ ...one, state: stateOf(one) });
      events.record(one);
      store.change(() => counters?.recorded(one));
    }
  });
}

function giveUp(late: readonly NumberedEpisode[], { store }: SettleParts): void {
  store.transaction(() => {
    for (const one of late) store.episodes.settle({ ...one, state: 'kept' });
  });
}

/** It is written by now: a bug in there must not have that done again. */
function tell(settled: SettledEpisode, { onRecorded, log }: SettleParts): void {
  try {
    onRecorded(settled);
  } catch (err) {
    const { sequence } = settled.episode;
    log.error({ err, sequence }, 'a recorded episode was not told of: a bug');
  }
}
