import type { Logger } from '../logger.ts';
import { type EpisodeTable, MAX_PENDING } from '../store/episode-table.ts';
import type { NumberedEpisode } from '../store/stored-episode.ts';
import type { Attributor } from './attributor.ts';
import { decideEarly } from './decide-pending.ts';
import type { PendingEpisode } from './pending-index.ts';

/** So many are read in one turn of the event loop, and written in one transaction: 50 ms. */
export const BATCH = 100;

export interface OverflowOptions {
  readonly episodes: Pick<EpisodeTable, 'findPending' | 'unloaded'>;
  readonly attributor: Attributor;
  readonly log: Logger;
  /** Writes what was decided, in one transaction. Must not fail. */
  readonly settle: (decided: readonly NumberedEpisode[]) => void;
}

/**
 * What is pending beyond `MAX_PENDING`: the oldest are decided early, by what is known then, a batch at a
 * time. What an earlier process left of them is in the file alone, and older than whatever is in memory.
 */
export class PendingOverflow {
  readonly #options: OverflowOptions;
  /** Of what an earlier process left, the id before the next; absent when none is left. */
  #unloadedAfter: number | undefined;

  constructor(options: OverflowOptions) {
    this.#options = options;
  }

  /** Whether an earlier process left any that are not decided yet. */
  get isLeft(): boolean {
    return this.#unloadedAfter !== undefined;
  }

  /** Looks what there is in the file. */
  resume(): void {
    if (this.#options.episodes.unloaded(0, 1).length > 0) this.#unloadedAfter = 0;
  }

  decideLeft(): void {
    const { episodes, attributor } = this.#options;
    const rows = episodes.unloaded(this.#unloadedAfter ?? 0, BATCH);
    this.#settle(rows.map((row) => decideEarly(row, undefined, attributor)));
    this.#unloadedAfter = rows.at(-1)?.id;
  }

  decide(oldest: readonly PendingEpisode[]): void {
    const { episodes, attributor } = this.#options;
    const decided = oldest.map((pending) => {
      const stored = episodes.findPending(pending.bootId, pending.sequence);
      return stored && decideEarly(stored, pending, attributor);
    });
    this.#settle(decided.filter((one) => one !== undefined));
  }

  #settle(decided: readonly NumberedEpisode[]): void {
    if (decided.length === 0) return;
    const facts = { episodes: decided.length, limit: MAX_PENDING };
    this.#options.log.warn(
      facts,
      'too many episodes are pending: the oldest are attributed by what is known',
    );
    this.#options.settle(decided);
  }
}
