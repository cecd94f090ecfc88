import type { CounterBaselines } from '../oom/oom-counters.ts';
import type { Start } from '../recorder/decide-start.ts';
import type { StateStore } from '../store/state-store.ts';

const KEY = 'oom-kill-baselines';

/**
 * Keeps what the cgroup counters should say with the cursor, in the transaction under way. Where that is
 * not known nothing is kept: older baselines would take kills for unexplained that were read meanwhile.
 */
export function saveBaselines(
  { notes }: StateStore,
  baselines: CounterBaselines | undefined,
): void {
  notes.put([{ key: KEY, value: baselines }]);
}

/** The baselines of an earlier run, for one that goes on where that one stopped. */
export function savedBaselines(
  { notes }: StateStore,
  { point }: Start,
): CounterBaselines | undefined {
  if (point.at !== 'cursor') return undefined;
  return (notes.get(KEY) ?? undefined) as CounterBaselines | undefined;
}
