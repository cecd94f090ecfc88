import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DatabaseSync } from 'node:sqlite';
import { makeDirectory } from './make-directory.ts';
import { migrate, SCHEMA, schemaVersion } from './schema.ts';
import { HistoryError, isCorruption, StateCorruptError } from './store-errors.ts';

const STATE_FILE = 'state.db';

/** The smallest page, https://sqlite.org/fileformat2.html#page_size */
const MIN_FILE_BYTES = 512;

const JSON_COLUMNS = [
  ['correlator', 'value'],
  ['outbox', 'event'],
  ['outbox', 'patch'],
  ['known', 'value'],
  ['episodes', 'episode'],
  ['episodes', 'attribution'],
] as const;

/** In this process's memory, https://sqlite.org/src/doc/trunk/src/memdb.c */
const COPY = 'file:/earlier-version?vfs=memdb';

/** It is written to, and read at the start alone: SQLite's 2 MB of pages would be held for nothing. */
const CACHE_KB = 256;

/** Somebody who reads the history holds a lock for milliseconds. */
const BUSY_TIMEOUT_MS = 1000;

export function stateFile(directory: string): string {
  return join(directory, STATE_FILE);
}

/** An empty database that lives as long as the process. */
export function openMemory(): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  migrate(db);
  return db;
}

/**
 * Opens the state file, or makes it.
 *
 * WAL with full sync: a transaction that returned is on the disk, for one fsync each. The file is
 * checked as a whole, because a damaged page would otherwise be found only when it is needed: 45 ms
 * for the 50 MB of ten thousand episodes with fifty tasks each.
 *
 * @throws StateCorruptError, or what SQLite and the file system say
 */
export function openFile(path: string): DatabaseSync {
  makeDirectory(dirname(path));
  refuseStump(path);
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    db.exec(`PRAGMA cache_size = -${CACHE_KB}`);
    check(db, path);
    migrate(db);
    checkJson(db, path);
    db.exec(`BEGIN IMMEDIATE; PRAGMA user_version = ${SCHEMA.length}; COMMIT;`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Opens what is there for reading alone. Where not even the WAL's index can be made the file is
 * read as it stands.
 */
export function openReadOnly(path: string): DatabaseSync {
  try {
    return readable(new DatabaseSync(path, { readOnly: true }), path);
  } catch (error) {
    if (isCorruption(error)) throw error;
    const url = pathToFileURL(path);
    url.searchParams.set('immutable', '1');
    return readable(new DatabaseSync(url, { readOnly: true }), path);
  }
}

/**
 * Opens the state file of an agent that may run, to look episodes up. It is not checked as a whole: that would read
 * 80 MB from the node's disk for each look, and what is damaged fails where it is read.
 *
 * Nothing is written but marks in the WAL's index while something is read. Where there is no WAL nobody has the
 * file open, and SQLite, which would make one, is told that nobody will.
 *
 * @throws HistoryError, or what SQLite says
 */
export function openHistory(path: string): DatabaseSync {
  const url = pathToFileURL(path);
  if (!existsSync(`${path}-wal`)) url.searchParams.set('immutable', '1');
  const db = new DatabaseSync(url, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    const version = schemaVersion(db);
    if (version === 0) throw new HistoryError(path, 'it is no state file of oom-recorder');
    if (version > SCHEMA.length) {
      const problem = `it is of version ${version}, and this oom-recorder reads up to ${SCHEMA.length}`;
      throw new HistoryError(path, `${problem}: read it with the one that wrote it`);
    }
    return upToDate(db);
  } catch (error) {
    if (db.isOpen) db.close();
    throw error;
  }
}

/** Renames a file that cannot be read, for whoever wants to know why. Its WAL belongs to it. */
export function moveAside(path: string, nowMs: number): string {
  const aside = `${path}.corrupt-${new Date(nowMs).toISOString().replaceAll(':', '')}`;
  renameSync(path, aside);
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
  return aside;
}

/** SQLite takes a file without a whole header for a new one. */
function refuseStump(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? Infinity;
  if (size < MIN_FILE_BYTES) throw new StateCorruptError(path, `it is cut to ${size} bytes`);
}

function readable(db: DatabaseSync, path: string): DatabaseSync {
  let current = db;
  try {
    check(db, path);
    current = upToDate(db);
    checkJson(current, path);
    return current;
  } catch (error) {
    for (const opened of [db, current]) if (opened.isOpen) opened.close();
    throw error;
  }
}

/** One of an earlier version is brought up to date in memory; VACUUM INTO needs nothing but to read. */
function upToDate(db: DatabaseSync): DatabaseSync {
  if (schemaVersion(db) === SCHEMA.length) return db;
  const copy = new DatabaseSync(COPY);
  try {
    db.exec(`VACUUM INTO '${COPY}'`);
    migrate(copy);
  } catch (error) {
    copy.close();
    throw error;
  }
  db.close();
  return copy;
}

function check(db: DatabaseSync, path: string): void {
  const version = schemaVersion(db);
  if (version > SCHEMA.length) {
    throw new StateCorruptError(path, `it is of version ${version}, later than ${SCHEMA.length}`);
  }
  const found = db.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'];
  if (found !== 'ok') throw new StateCorruptError(path, `it is damaged: ${String(found)}`);
}

/** SQLite has no checksums: what was overwritten within a row is whole to it, and fails where it is used. */
function checkJson(db: DatabaseSync, path: string): void {
  for (const [table, column] of JSON_COLUMNS) {
    const broken = db
      .prepare(`SELECT 1 FROM ${table} WHERE NOT json_valid(${column}) LIMIT 1`)
      .get();
    if (broken !== undefined)
      throw new StateCorruptError(path, `it is damaged: ${table}.${column} is no JSON`);
  }
}
