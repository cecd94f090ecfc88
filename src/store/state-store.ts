import type { Logger } from '../logger.ts';
import { CorrelatorTable } from './correlator-table.ts';
import { CursorTable } from './cursor-table.ts';
import { EpisodeTable } from './episode-table.ts';
import { KnownTable } from './known-table.ts';
import { stateFile } from './open-database.ts';
import { OutboxTable } from './outbox-table.ts';
import { StateDatabase } from './state-database.ts';
import { StateHome } from './state-home.ts';

export interface StoreOptions {
  /** Without one everything is in memory. */
  readonly directory: string | undefined;
  /** How many episodes the history keeps. */
  readonly historyMax: number;
  readonly log: Logger;
  /** Wall clock, ms since the epoch. */
  readonly nowMs: () => number;
}

/** The history is for a person who comes back from holiday; what is older is in their log archive. */
const HISTORY_MAX_AGE_MS = 30 * 24 * 60 * 60_000;

/**
 * What must survive a SIGKILL: how far the log was read, what was decided, and what is yet to be
 * posted. What belongs together is written in one `transaction`.
 */
export class StateStore implements Disposable {
  readonly cursor: CursorTable;
  readonly episodes: EpisodeTable;
  readonly outbox: OutboxTable;
  readonly correlator: CorrelatorTable;
  readonly containers: KnownTable;
  readonly baselines: KnownTable;
  readonly notes: KnownTable;
  readonly #db: StateDatabase;

  /** Opens the state, or begins one. Never fails: at worst it is in memory, and not `writable`. */
  constructor({ directory, historyMax, log, nowMs }: StoreOptions) {
    const path = directory === undefined ? undefined : stateFile(directory);
    const db = new StateDatabase(new StateHome({ path, log, nowMs }));
    this.#db = db;
    this.cursor = new CursorTable(db);
    this.episodes = new EpisodeTable(db, {
      maxEpisodes: historyMax,
      maxAgeMs: HISTORY_MAX_AGE_MS,
    });
    this.outbox = new OutboxTable(db);
    this.correlator = new CorrelatorTable(db);
    this.containers = new KnownTable(db, 'container');
    this.baselines = new KnownTable(db, 'baseline');
    this.notes = new KnownTable(db, 'note');
  }

  /** False while the state directory was asked for and cannot be written: not ready. */
  get writable(): boolean {
    return this.#db.writable;
  }

  /** All of `work` or nothing of it. */
  transaction(work: () => void): void {
    this.#db.transaction(work);
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}
