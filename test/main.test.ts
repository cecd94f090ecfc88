import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { storedKill, storeWith } from './support/history.ts';
import { tempDirectory } from './support/temp-directory.ts';

const MAIN = join(import.meta.dirname, '../src/main.ts');
const LOG = join(import.meta.dirname, 'testdata/kmsg/node-6.12-crash-loop.kmsg');

test('says that what it printed is not whole, where the disk is full', () => {
  const stdout = openSync('/dev/full', 'w');
  const ended = spawnSync(process.execPath, [MAIN, 'replay', LOG], {
    stdio: ['ignore', stdout, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(stdout);
  expect(ended.stderr).toContain('Writing to stdout: no space is left on the device.');
  expect(ended.stderr).toContain('[E_OUTPUT]');
  expect(ended.status).toBe(1);
});

test('keeps its state from everybody else', () => {
  const directory = join(tempDirectory(), 'state');
  const options = ['--dry-run', '--listen=none', `--state-dir=${directory}`, `--kmsg=${LOG}`];
  const { status } = spawnSync(process.execPath, [MAIN, 'run', ...options]);
  const file = statSync(join(directory, 'printed/state.db'));
  expect([status, file.mode & 0o777, statSync(directory).mode & 0o777]).toEqual([0, 0o600, 0o700]);
});

test('ends well where nobody reads on', () => {
  const ended = spawnSync(
    'sh',
    ['-c', `"$1" "$2" replay -o json "$3" | head -n 1`, 'sh', process.execPath, MAIN, LOG],
    {
      encoding: 'utf8',
    },
  );
  expect(ended.stdout).toBe('{\n');
  expect(ended.stderr).not.toContain('error');
});

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
