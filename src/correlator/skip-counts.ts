import type { SkipCount, SkipReason } from './decision.ts';

/** Sums up what was skipped until somebody asks, so that the log says it in one line. */
export class SkipCounts {
  #counts = new Map<string, SkipCount>();

  add(reason: SkipReason, eventReason: string): void {
    const key = `${reason} ${eventReason}`;
    const count = (this.#counts.get(key)?.count ?? 0) + 1;
    this.#counts.set(key, { reason, eventReason, count });
  }

  /** What was skipped since the last question. */
  take(): SkipCount[] {
    const taken = [...this.#counts.values()];
    this.#counts = new Map();
    return taken;
  }
}
