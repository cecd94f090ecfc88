import type { Logger } from '../logger.ts';
import type { StateStore } from '../store/state-store.ts';
import type { EventOrigin } from './build-event.ts';
import type { DecidedEpisode } from './decide-pending.ts';
import type { EventRecorder } from './event-recorder.ts';
import { recordEpisode, type RecordedEpisode, stateOf } from './recorded-episode.ts';

/** What an episode is written with. */
export interface SettleParts {
  readonly store: StateStore;
  readonly events: Pick<EventRecorder, 'record' | 'recordAll' | 'amend'>;
  readonly origin: EventOrigin;
  readonly log: Logger;
  /** Writes what must agree with the cursor and the episodes, in the transaction that writes these. */
  readonly alongside?: (recorded: readonly RecordedEpisode[]) => void;
  /** Told of every episode that was attributed, once it is in the store with its Events. */
  readonly onRecorded: (recorded: RecordedEpisode) => void;
}

/** One that was pending, perhaps since another boot, with its Events. */
type SettledEpisode = DecidedEpisode & RecordedEpisode;

/**
 * The second transaction of episodes that were pending, for all of them together: their Events, or the
 * end of their day. What cannot be written now stays pending, and is taken up again at the next start.
 */
export function settlePending(decided: readonly DecidedEpisode[], parts: SettleParts): void {
  try {
    const late = decided.filter(({ attribution }) => attribution === undefined);
    if (late.length > 0) giveUp(late, parts);
    const settled = decided.flatMap((one) => withEvents(one, parts));
    if (settled.length > 0) record(settled, parts);
  } catch (err) {
    const sequences = decided.map(({ episode }) => episode.sequence);
    parts.log.error({ err, sequences }, 'episodes stay pending');
  }
}

/** A bug that one of them finds must not cost the others their Events. */
function withEvents(
  decided: DecidedEpisode,
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

function record(settled: readonly SettledEpisode[], parts: SettleParts): void {
  const { store, events, alongside, onRecorded } = parts;
  const kills = settled.map((one) => ({ events: one.events, atMs: one.episode.atMs }));
  events.recordAll(kills, () => {
    alongside?.(settled);
    for (const one of settled) store.episodes.settle({ ...one, state: stateOf(one) });
  });
  for (const one of settled) onRecorded(one);
}

function giveUp(late: readonly DecidedEpisode[], { store, log }: SettleParts): void {
  store.transaction(() => {
    for (const one of late) store.episodes.settle({ ...one, state: 'kept' });
  });
  for (const { bootId, episode } of late) {
    const { sequence } = episode;
    log.error({ sequence, bootId }, 'not attributed within a day: in the history alone');
  }
}
