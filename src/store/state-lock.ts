import { statSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeDirectory } from './make-directory.ts';
import { isBusy, StateLockedError } from './store-errors.ts';

const LOCK_FILE = 'lock.db';

/** An agent that ends drains for five seconds; its successor may have been started meanwhile. */
const WAIT_MS = 6_000;

/** A database that nobody refers to is closed by the garbage collector, and its lock goes with it. */
const held = new Set<DatabaseSync>();

/**
 * Holds a state directory for this process: two agents on one would each undo what the other decided.
 *
 * An exclusive transaction on an empty database of its own is a POSIX lock, which ends with the
 * process however that ends, and leaves the state file to be read by others. Where no lock can be
 * had for another reason (a disk that is full or read-only) nobody can write there either.
 *
 * @throws StateLockedError after six seconds
 */
export function lockState(directory: string, waitMs = WAIT_MS): Disposable {
  let db: DatabaseSync | undefined;
  try {
    makeDirectory(directory);
    db = new DatabaseSync(join(directory, LOCK_FILE), { timeout: waitMs });
    db.exec('BEGIN EXCLUSIVE');
    held.add(db);
  } catch (error) {
    db?.close();
    db = undefined;
    if (isBusy(error)) throw new StateLockedError(directory, error);
  }
  return {
    [Symbol.dispose]: () => {
      if (db !== undefined && held.delete(db)) db.close();
    },
  };
}

/** Whether a state directory is somebody's now. */
export type LockState =
  | { readonly is: 'free' }
  | { readonly is: 'unknown' }
  /** @property file the locked one, as `/proc/locks` names it */
  | { readonly is: 'held'; readonly file: BigIntStats };

/** Looks without waiting, and makes no file. `unknown` where the lock cannot be asked for. */
export function lookAtLock(directory: string): LockState {
  const path = join(directory, LOCK_FILE);
  const file = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (file === undefined) return { is: 'free' };
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: 0 });
    db.exec('BEGIN EXCLUSIVE');
    return { is: 'free' };
  } catch (error) {
    return isBusy(error) ? { is: 'held', file } : { is: 'unknown' };
  } finally {
    db?.close();
  }
}
