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
