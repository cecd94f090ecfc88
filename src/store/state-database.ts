import { type Observable, Subject } from 'rxjs';
import type { Logger } from '../logger.ts';
import { moveAside, openMemory, openReadOnly } from './open-database.ts';
import type { StatePart } from './operation.ts';
import { PreparedDatabase } from './prepared-database.ts';
import { StateFile } from './state-file.ts';
import { isCorruption, StateCorruptError, StateUnwritableError } from './store-errors.ts';

export interface StateDatabaseOptions {
  /** The state file; without one everything is in memory. */
  readonly path: string | undefined;
  readonly log: Logger;
  /** Wall clock, ms since the epoch. */
  readonly nowMs: () => number;
}

/** A disk that was full may have room again; to look is one open(2), and only when there is something to write. */
const REGAIN_AFTER_MS = 60_000;

/**
 * The state file, whenever it can be had: it is left when it fails, and returned to. While it is away a
 * database in memory stands in for it. What went wrong is said once each time, as an error with its code.
 */
export class StateDatabase {
  readonly #options: StateDatabaseOptions;
  readonly #reloads$ = new Subject<void>();
  #parts: readonly StatePart[] = [];
  #file: StateFile | undefined;
  #standIn: PreparedDatabase | undefined;
  /** There may be a file with an earlier state that nobody could read yet. */
  #isUnread = false;
  /** When the file was last tried in vain. */
  #awaySinceMs: number | undefined;

  constructor(options: StateDatabaseOptions) {
    this.#options = options;
  }

  /** Whether what is written outlives this process, as far as that was asked for. */
  get writable(): boolean {
    return this.#awaySinceMs === undefined;
  }

  /** Whether it is on a disk now. */
  get hasFile(): boolean {
    return this.#file !== undefined;
  }

  /** Tells when memory was loaded anew: the file was away, and is written again. */
  get reloads$(): Observable<void> {
    return this.#reloads$;
  }

  /** Loads what the file has into these parts. Never fails. */
  open(parts: readonly StatePart[]): void {
    const { path, log } = this.#options;
    this.#parts = parts;
    if (path === undefined) {
      const lost = 'a restart forgets what was recorded and what was not posted';
      log.warn({}, `no state directory: ${lost}`);
    } else {
      try {
        this.#enter(path);
      } catch (error) {
        this.#leave(path, error);
        this.#readOnly(path);
      }
    }
    if (this.#file === undefined) this.#memory();
  }

  /** Asks for rows. */
  read<T extends object>(ask: (db: PreparedDatabase) => T): T {
    return this.#attempt((file) => file.read(ask)) ?? ask(this.#memory());
  }

  /** All of `work` or nothing of it. Where the file fails, it is done again in memory. */
  write(work: (db: PreparedDatabase) => void): void {
    if (this.#attempt((file) => file.write(work)) !== undefined) return;
    const db = this.#memory();
    db.transaction(() => work(db));
  }

  /** Brings a file that was left up to date, if it can be written again; memory is then as it has it. */
  regain(): void {
    const { path, log, nowMs } = this.#options;
    if (path === undefined || this.#awaySinceMs === undefined) return;
    if (Math.abs(nowMs() - this.#awaySinceMs) < REGAIN_AFTER_MS) return;
    try {
      this.#enter(path);
    } catch {
      this.#awaySinceMs = nowMs();
      return;
    }
    this.#awaySinceMs = undefined;
    this.#standIn?.close();
    this.#standIn = undefined;
    log.info({ path }, 'the state file is written again');
    this.#reloads$.next();
  }

  close(): void {
    this.#attempt((file) => file.close());
    this.#file = undefined;
    this.#standIn?.close();
  }

  #memory(): PreparedDatabase {
    if (this.#standIn === undefined) {
      const db = new PreparedDatabase(openMemory());
      db.transaction(() => this.#parts.forEach((part) => part.save?.(db)));
      this.#standIn = db;
    }
    return this.#standIn;
  }

  /** Does something with the file, where there is one. What fails is its fault: it is left. */
  #attempt<T>(action: (file: StateFile) => T): T | undefined {
    const { path } = this.#options;
    if (path === undefined || this.#file === undefined) return undefined;
    try {
      return action(this.#file);
    } catch (error) {
      this.#leave(path, error);
      return undefined;
    }
  }

  /** Opens the file, or another one in its place where it is damaged. */
  #enter(path: string): void {
    const { log, nowMs } = this.#options;
    try {
      this.#take(path);
    } catch (error) {
      if (!isCorruption(error)) throw error;
      const err =
        error instanceof StateCorruptError
          ? error
          : new StateCorruptError(path, 'it is damaged', error);
      log.error({ err, movedTo: moveAside(path, nowMs()) }, 'the state file is begun anew');
      this.#take(path);
    }
  }

  /** What was in memory meanwhile is brought there first. */
  #take(path: string): void {
    const file = new StateFile(path);
    const standIn = this.#standIn;
    try {
      if (standIn !== undefined)
        file.write((db) => this.#parts.forEach((part) => part.bring(db, standIn, this.#isUnread)));
      file.read((db) => this.#load(db));
      this.#file = file;
      this.#isUnread = false;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** All of it or nothing: a cursor without its outbox would be lost kills. */
  #load(db: PreparedDatabase): void {
    const loaded = this.#parts.map((part) => part.load?.(db));
    for (const put of loaded) put?.();
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

  #readOnly(path: string): void {
    try {
      using db = openReadOnly(path);
      this.#load(new PreparedDatabase(db));
    } catch (error) {
      this.#isUnread = true;
      const err = error instanceof Error ? error.message : String(error);
      this.#options.log.warn({ path, err }, 'there is no earlier state to go on with');
    }
  }
}
