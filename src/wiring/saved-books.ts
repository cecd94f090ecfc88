import type { CounterBaselines } from '../oom/oom-counters.ts';
import type { Start } from '../recorder/decide-start.ts';
import type { StateStore } from '../store/state-store.ts';

const KEY = 'oom-kill-baselines';

/**
 * Keeps the books of the cgroup counters with the cursor, in the transaction under way. Books in doubt
 * are not kept: older ones would take kills for unexplained that were read meanwhile.
 */
export function saveBooks(
  { notes }: StateStore,
  books: CounterBaselines | undefined,
  nowMs: number,
): void {
  notes.put([{ key: KEY, value: books ?? null }], nowMs);
}

/** The books of an earlier run, for one that goes on where that one stopped. */
export function savedBooks({ notes }: StateStore, { point }: Start): CounterBaselines | undefined {
  if (point.at !== 'cursor') return undefined;
  return (notes.get(KEY) ?? undefined) as CounterBaselines | undefined;
}
