import { type BigIntStats, statSync, truncateSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { openFile } from './open-database.ts';
import { PreparedDatabase } from './prepared-database.ts';

/**
 * The state file while it is open.
 *
 * Nobody else writes there, so that whatever changed between two of our transactions was overwritten,
 * cut, replaced or removed. SQLite does not look: it goes on in a file that has no name any longer,
 * and serves from its cache what is garbage on the disk.
 */
export class StateFile {
  readonly #path: string;
  readonly #db: PreparedDatabase;
  #stamp: Stamp;

  /** @throws StateCorruptError, or what SQLite and the file system say */
  constructor(path: string) {
    this.#path = path;
    this.#db = new PreparedDatabase(openFile(path));
    this.#stamp = stampOf(path);
  }

  /** @throws where somebody else was here */
  read<T>(ask: (db: PreparedDatabase) => T): T {
    this.#expectUntouched();
    return ask(this.#db);
  }

  /** All of `work` or nothing of it. @throws where somebody else was here */
  write(work: (db: PreparedDatabase) => void): true {
    this.#expectUntouched();
    this.#db.transaction(() => work(this.#db));
    this.#stamp = stampOf(this.#path);
    return true;
  }

  close(): void {
    this.#keepIndexMapped();
    this.#db.close();
  }

  #expectUntouched(): void {
    if (isDeepStrictEqual(stampOf(this.#path), this.#stamp)) return;
    throw new Error('somebody else overwrote, replaced or removed it');
  }

  /** The WAL's index is mapped: beyond the end of a file that was cut the kernel sends SIGBUS. */
  #keepIndexMapped(): void {
    const [, , before] = this.#stamp;
    const [, , now] = stampOf(this.#path);
    if (before === undefined || now === undefined || before.ino !== now.ino) return;
    if (now.size < before.size) truncateSync(this.#path + INDEX, Number(before.size));
  }
}

const INDEX = '-shm';

/** Of the main file, the WAL and its index, what another process cannot change unseen. */
type Stamp = readonly (Pick<BigIntStats, 'dev' | 'ino' | 'size' | 'mtimeNs'> | undefined)[];

function stampOf(path: string): Stamp {
  return ['', '-wal', INDEX].map((suffix) => {
    const found = statSync(path + suffix, { bigint: true, throwIfNoEntry: false });
    if (found === undefined) return undefined;
    const { dev, ino, size, mtimeNs } = found;
    // Whoever reads the history notes that in the index.
    return { dev, ino, size, mtimeNs: suffix === INDEX ? 0n : mtimeNs };
  });
}
