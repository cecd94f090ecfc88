import { spawnSync } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
