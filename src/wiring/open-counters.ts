import type { StateStore } from '../store/state-store.ts';
import type { KnownPods } from '../telemetry/container-kills.ts';
import { Counters, type LogCounts } from '../telemetry/counters.ts';

type CounterStore = Pick<StateStore, 'notes' | 'kills'>;

const COUNTERS_NOTE = 'counters';

/** The counters of earlier runs, gone on from. */
export function openCounters(
  { notes, kills }: CounterStore,
  known: KnownPods,
  nowMs: () => number,
  tally: LogCounts,
): Counters {
  const counters = new Counters(known, nowMs, tally);
  counters.restore(notes.get(COUNTERS_NOTE));
  counters.kills.restore(kills.rows().map(({ value }) => value));
  return counters;
}

/**
 * Keeps the counters, in the transaction under way or in one of its own. Containers are many: of their
 * kills only what changed is written.
 */
export function saveCounters({ notes, kills }: CounterStore, counters: Counters): void {
  kills.put(counters.kills.takeChanges());
  notes.put([{ key: COUNTERS_NOTE, value: { ...counters.toJSON(), kills: undefined } }]);
}
