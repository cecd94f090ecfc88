import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readLatin1 } from '../../src/wiring/read-latin1.ts';
import { tempDirectory } from '../support/temp-directory.ts';

test('a file of the kernel’s is read to its end, each byte a character', () => {
  const directory = tempDirectory();
  const bytes = Buffer.from(Array.from({ length: 3 * 4096 + 7 }, (_, at) => at % 256));
  const path = join(directory, 'procs');
  writeFileSync(path, bytes);
  expect(readLatin1(path)).toBe(bytes.toString('latin1'));
  expect(() => readLatin1(join(directory, 'gone'))).toThrow('ENOENT');
});
