import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lockState, lookAtLock } from '../../src/store/state-lock.ts';
import { StateLockedError } from '../../src/store/store-errors.ts';
import { tempDirectory } from '../support/temp-directory.ts';

const LOCK = new URL('../../src/store/state-lock.ts', import.meta.url).href;

test('a state directory is one agent’s until that ends', () => {
  const directory = join(tempDirectory(), 'state');
  const first = lockState(directory, 0);
  expect(() => lockState(directory, 0)).toThrow(StateLockedError);
  first[Symbol.dispose]();
  lockState(directory, 0)[Symbol.dispose]();
});

test('a lock that nobody refers to is held until its process is killed', async () => {
  const directory = tempDirectory();
  const script = `const { lockState } = await import('${LOCK}'); lockState('${directory}', 0); gc(); console.log('locked'); setInterval(() => 0, 1000);`;
  const args = ['--expose-gc', '--input-type=module', '-e', script];
  const child = spawn(process.execPath, args);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  expect(() => lockState(directory, 0)).toThrow(StateLockedError);
  child.kill('SIGKILL');
  await once(child, 'close');
  lockState(directory, 0)[Symbol.dispose]();
});

test('to look at a lock takes none and makes none', () => {
  const directory = join(tempDirectory(), 'state');
  expect(lookAtLock(directory)).toEqual({ is: 'free' });
  expect(existsSync(directory)).toBe(false);
  const lock = lockState(directory, 0);
  expect(lookAtLock(directory)).toMatchObject({ is: 'held' });
  lock[Symbol.dispose]();
  expect(lookAtLock(directory)).toEqual({ is: 'free' });
  lockState(directory, 0)[Symbol.dispose]();
});

test('of a lock that cannot be asked for nothing is said', () => {
  const directory = tempDirectory();
  writeFileSync(join(directory, 'lock.db'), 'no database, but as long as one '.repeat(32));
  expect(lookAtLock(directory)).toEqual({ is: 'unknown' });
});

test('where no lock can be had nobody is refused', () => {
  const file = join(tempDirectory(), 'file');
  writeFileSync(file, '');
  expect(() => lockState(join(file, 'state'), 0)[Symbol.dispose]()).not.toThrow();
});
