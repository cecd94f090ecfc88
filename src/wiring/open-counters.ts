import type { RecordedEpisode } from '../recorder/recorded-episode.ts';
import type { StateStore } from '../store/state-store.ts';
import type { KnownPods } from '../telemetry/container-kills.ts';
import { Counters, type LogCounts } from '../telemetry/counters.ts';

type Notes = Pick<StateStore, 'notes'>;

const COUNTERS_NOTE = 'counters';

/** The counters of earlier runs, gone on from. */
export function openCounters(
  { notes }: Notes,
  known: KnownPods,
  nowMs: () => number,
  tally: LogCounts,
): Counters {
  const counters = new Counters(known, nowMs, tally);
  counters.restore(notes.get(COUNTERS_NOTE));
  return counters;
}

/**
 * Keeps the counters, in the transaction under way or in one of its own.
 *
 * @param recorded the episodes this transaction records, which count once it is committed
 */
export function saveCounters(
  { notes }: Notes,
  counters: Counters,
  nowMs: number,
  recorded: readonly RecordedEpisode[] = [],
): void {
  const value = recorded.length === 0 ? counters : counters.including(recorded);
  notes.put([{ key: COUNTERS_NOTE, value }], nowMs);
}
