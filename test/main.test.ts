import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { storedKill, storeWith } from './support/history.ts';
import { tempDirectory } from './support/temp-directory.ts';

/** 400 kB in one go, more than a pipe or a socket takes. */
const KILLS = 1500;

test('what was printed gets through a pipe to its end before the process ends', async () => {
  const directory = tempDirectory();
  const kills = Array.from({ length: KILLS }, (_, n) => storedKill(n + 1, n % 7));
  storeWith(kills, directory)[Symbol.dispose]();
  const child = spawn(process.execPath, [
    'src/main.ts',
    'history',
    '-o',
    'wide',
    '--state-dir',
    directory,
  ]);
  const ended = once(child, 'close');
  const printed = await text(child.stdout);
  expect(await ended).toEqual([0, null]);
  expect(printed.split('\n')).toHaveLength(1 + KILLS + 1);
});
