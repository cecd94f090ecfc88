import type { DatabaseSync } from 'node:sqlite';
import { copyState } from './copy-state.ts';
import { moveAside, openFile, openMemory, openReadOnly } from './open-database.ts';
import {
  isCorruption,
  isFileFailure,
  StateCorruptError,
  StateUnwritableError,
} from './store-errors.ts';

/** The log's methods this uses: pino's, facts first. */
export interface StoreLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface HomeOptions {
  /** The state file; without one everything is in memory. */
  readonly path: string | undefined;
  readonly log: StoreLog;
  /** Wall clock, ms since the epoch. */
  readonly nowMs: () => number;
}

/** A disk that was full may have room again; to look is one open(2), and only when there is something to write. */
const REGAIN_AFTER_MS = 60_000;

/**
 * Where the state lives: in its file whenever that can be, else in memory until it can be again.
 * What went wrong is said once each time, as an error with its code.
 */
export class StateHome {
  readonly #options: HomeOptions;
  /** When the file was last tried in vain. */
  #awaySinceMs: number | undefined;

  constructor(options: HomeOptions) {
    this.#options = options;
  }

  get writable(): boolean {
    return this.#awaySinceMs === undefined;
  }

  /** The database to begin with. Never fails. */
  open(): DatabaseSync {
    const { path, log } = this.#options;
    if (path === undefined) {
      log.warn(
        {},
        'no state directory: a restart forgets what was recorded and what was not posted',
      );
      return openMemory();
    }
    try {
      return this.#openOrRenew(path);
    } catch (error) {
      return this.#leave(path, error, (memory) => {
        using db = openReadOnly(path);
        this.#save(db, memory);
      });
    }
  }

  /** Memory with all that matters, after the file failed; `undefined` where the error is another's. */
  retreat(db: DatabaseSync, error: unknown): DatabaseSync | undefined {
    const { path } = this.#options;
    if (path === undefined || !this.writable || !isFileFailure(error)) return undefined;
    return this.#leave(path, error, (memory) => this.#save(db, memory));
  }

  /** The file, brought up to date, if it can be written again. */
  regain(memory: DatabaseSync): DatabaseSync | undefined {
    const { path, log, nowMs } = this.#options;
    if (path === undefined || this.#awaySinceMs === undefined) return undefined;
    if (Math.abs(nowMs() - this.#awaySinceMs) < REGAIN_AFTER_MS) return undefined;
    try {
      const db = this.#openOrRenew(path);
      copyOrClose(memory, db);
      this.#awaySinceMs = undefined;
      log.info({ path }, 'the state file is written again');
      return db;
    } catch {
      this.#awaySinceMs = nowMs();
      return undefined;
    }
  }

  #openOrRenew(path: string): DatabaseSync {
    const { log, nowMs } = this.#options;
    try {
      return openFile(path);
    } catch (error) {
      if (!isCorruption(error)) throw error;
      const err =
        error instanceof StateCorruptError
          ? error
          : new StateCorruptError(path, 'it is damaged', error);
      log.error({ err, movedTo: moveAside(path, nowMs()) }, 'the state file is begun anew');
      return openFile(path);
    }
  }

  #leave(path: string, cause: unknown, save: (memory: DatabaseSync) => void): DatabaseSync {
    const { log, nowMs } = this.#options;
    this.#awaySinceMs = nowMs();
    const err = new StateUnwritableError(path, cause);
    log.error({ err }, 'the state file cannot be written: recording in memory');
    const memory = openMemory();
    try {
      save(memory);
    } catch (reason) {
      log.warn({ path, err: reason }, 'there is no earlier state to go on with');
    }
    return memory;
  }

  #save(db: DatabaseSync, memory: DatabaseSync): void {
    const { log } = this.#options;
    const onUnreadable = (err: unknown): void =>
      log.error({ err }, 'a part of the state cannot be read and is lost');
    copyState(db, memory, { history: false, onUnreadable });
  }
}

function copyOrClose(memory: DatabaseSync, db: DatabaseSync): void {
  try {
    copyState(memory, db, {
      history: true,
      onUnreadable: (error) => {
        throw error;
      },
    });
  } catch (error) {
    db.close();
    throw error;
  }
}
