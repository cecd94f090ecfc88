import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openFile } from '../../src/store/open-database.ts';
import { tempDirectory } from '../support/temp-directory.ts';

/** https://sqlite.org/pragma.html#pragma_synchronous */
const FULL = 2;

test('a transaction that returned is on the disk', () => {
  const db = openFile(join(tempDirectory(), 'state.db'));
  const pragma = (name: string) => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  expect([pragma('journal_mode'), pragma('synchronous')]).toEqual(['wal', FULL]);
  db.close();
});
