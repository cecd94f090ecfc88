import type { Logger } from '../logger.ts';
import { loadState, saveState } from './copy-state.ts';
import { moveAside, openMemory, openReadOnly } from './open-database.ts';
import { PreparedDatabase } from './prepared-database.ts';
import { StateFile } from './state-file.ts';
import { isCorruption, StateCorruptError, StateUnwritableError } from './store-errors.ts';

export interface HomeOptions {
  /** The state file; without one everything is in memory. */
  readonly path: string | undefined;
  readonly log: Logger;
  /** Wall clock, ms since the epoch. */
  readonly nowMs: () => number;
}

/** A disk that was full may have room again; to look is one open(2), and only when there is something to write. */
const REGAIN_AFTER_MS = 60_000;

/**
 * The file that does what memory does, whenever that can be; it is left when it fails, and returned
 * to. What went wrong is said once each time, as an error with its code.
 */
export class StateHome {
  readonly #options: HomeOptions;
  #file: StateFile | undefined;
  /** When the file was last tried in vain. */
  #awaySinceMs: number | undefined;

  constructor(options: HomeOptions) {
    this.#options = options;
  }

  get writable(): boolean {
    return this.#awaySinceMs === undefined;
  }

  get hasFile(): boolean {
    return this.#file !== undefined;
  }

  /** Memory as the file has it. Never fails. */
  open(): PreparedDatabase {
    const { path, log } = this.#options;
    if (path === undefined) {
      log.warn(
        {},
        'no state directory: a restart forgets what was recorded and what was not posted',
      );
      return newMemory();
    }
    try {
      return this.#enter(path);
    } catch (error) {
      this.#leave(path, error);
      return this.#readOnly(path);
    }
  }

  /** Does something with the file. What memory could do and the file cannot is the file's fault: it is left. */
  attempt<T>(action: (file: StateFile) => T): T | undefined {
    const { path } = this.#options;
    if (path === undefined || this.#file === undefined) return undefined;
    try {
      return action(this.#file);
    } catch (error) {
      this.#leave(path, error);
      return undefined;
    }
  }

  /** Brings the file up to date if it can be written again. @returns memory as the file has it then */
  regain(memory: PreparedDatabase): PreparedDatabase | undefined {
    const { path, log, nowMs } = this.#options;
    if (path === undefined || this.#awaySinceMs === undefined) return undefined;
    if (Math.abs(nowMs() - this.#awaySinceMs) < REGAIN_AFTER_MS) return undefined;
    try {
      const loaded = this.#enter(path, memory);
      this.#awaySinceMs = undefined;
      log.info({ path }, 'the state file is written again');
      return loaded;
    } catch {
      this.#awaySinceMs = nowMs();
      return undefined;
    }
  }

  close(): void {
    this.attempt((file) => file.close());
    this.#file = undefined;
  }

  /** Opens the file, or another one in its place where it is damaged. */
  #enter(path: string, unsaved?: PreparedDatabase): PreparedDatabase {
    const { log, nowMs } = this.#options;
    try {
      return this.#take(path, unsaved);
    } catch (error) {
      if (!isCorruption(error)) throw error;
      const err =
        error instanceof StateCorruptError
          ? error
          : new StateCorruptError(path, 'it is damaged', error);
      log.error({ err, movedTo: moveAside(path, nowMs()) }, 'the state file is begun anew');
      return this.#take(path, unsaved);
    }
  }

  #take(path: string, unsaved: PreparedDatabase | undefined): PreparedDatabase {
    const file = new StateFile(path);
    const memory = newMemory();
    try {
      file.exchange((db) => {
        if (unsaved !== undefined) saveState(unsaved, db);
        loadState(db, memory);
      });
      this.#file = file;
      return memory;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  #leave(path: string, cause: unknown): void {
    const { log, nowMs } = this.#options;
    this.#awaySinceMs = nowMs();
    const err = new StateUnwritableError(path, cause);
    log.error({ err }, 'the state file cannot be written: recording in memory');
    const file = this.#file;
    this.#file = undefined;
    try {
      file?.close();
    } catch (reason) {
      log.warn({ path, err: reason }, 'the state file was not closed in good order');
    }
  }

  #readOnly(path: string): PreparedDatabase {
    const memory = newMemory();
    try {
      using db = openReadOnly(path);
      loadState(new PreparedDatabase(db), memory);
    } catch (error) {
      const err = error instanceof Error ? error.message : String(error);
      this.#options.log.warn({ path, err }, 'there is no earlier state to go on with');
    }
    return memory;
  }
}

function newMemory(): PreparedDatabase {
  return new PreparedDatabase(openMemory());
}
