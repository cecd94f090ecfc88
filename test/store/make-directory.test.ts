import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { expectDirectory, makeDirectory } from '../../src/store/make-directory.ts';
import { StateDirectoryError } from '../../src/store/store-errors.ts';
import { needsMounts, SmallDisk } from '../support/disks.ts';
import { tempDirectory } from '../support/temp-directory.ts';

const MAKE_DIRECTORY = new URL('../../src/store/make-directory.ts', import.meta.url).href;
/** A process of its own: what spins would take the suite with it. */
const SCRIPT = `
  const { makeDirectory } = await import('${MAKE_DIRECTORY}');
  try { makeDirectory(process.argv[1]); } catch (error) { console.log(error.message); }`;
const END_WITHIN_MS = 10_000;

const isLeftOut = await needsMounts();

let directory: string;

beforeEach(() => {
  directory = tempDirectory();
});

describe('a directory is made', () => {
  test.each(['new', 'new/below', 'new/below/', 'new/../beside', 'link', 'link/below', '.'])(
    'as %s',
    (path) => {
      mkdirSync(join(directory, 'old'));
      symlinkSync('old', join(directory, 'link'));
      const whole = `${directory}/${path}`;
      for (const _ of ['made', 'found']) makeDirectory(whole);
      expect(statSync(whole).isDirectory()).toBe(true);
    },
  );
});

describe('a state directory', () => {
  test.each(['file/state', 'file', 'nowhere', 'loop/a'])('can never be %s', (path) => {
    writeFileSync(join(directory, 'file'), '');
    symlinkSync('absent/absent', join(directory, 'nowhere'));
    symlinkSync('loop', join(directory, 'loop'));
    expect(() => expectDirectory(join(directory, path))).toThrow(StateDirectoryError);
  });

  test.skipIf(isLeftOut)('may yet be on a disk that is read-only', () => {
    const disk = new SmallDisk(400);
    disk.remount('ro');
    expect(() => expectDirectory(join(disk.directory, 'state'))).not.toThrow();
  });
});

describe('a directory that cannot be made is said with what is in its way', () => {
  test.each([
    ['in /proc', '/proc/foo', "ENOENT: no such file or directory, mkdir '/proc/foo'"],
    ['below /proc', '/proc/foo/bar', "ENOENT: no such file or directory, mkdir '/proc/foo'"],
    ['below a file', 'file/state', "EEXIST: file already exists, mkdir 'file'"],
    ['far below a file', 'file/a/state', "EEXIST: file already exists, mkdir 'file'"],
    ['a file', 'file', "EEXIST: file already exists, mkdir 'file'"],
    ['a link to nowhere', 'nowhere', "EEXIST: file already exists, mkdir 'nowhere'"],
    ['below a link to nowhere', 'nowhere/a', "EEXIST: file already exists, mkdir 'nowhere'"],
    [
      'below a link to itself',
      'loop/a',
      "ELOOP: too many symbolic links encountered, stat 'loop/a'",
    ],
    ['no name', '', "ENOENT: no such file or directory, mkdir ''"],
  ])('%s', (_, path, said) => {
    writeFileSync(join(directory, 'file'), '');
    symlinkSync('absent/absent', join(directory, 'nowhere'));
    symlinkSync('loop', join(directory, 'loop'));
    const { status, stdout } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', SCRIPT, path],
      { cwd: directory, encoding: 'utf8', timeout: END_WITHIN_MS, killSignal: 'SIGKILL' },
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${said}\n` });
  });

  test('in /sys', () => {
    expect(() => makeDirectory('/sys/foo/bar')).toThrow(/mkdir '\/sys\/foo'$/);
  });

  test.skipIf(isLeftOut)('on a disk that is read-only', () => {
    const disk = new SmallDisk(400);
    disk.remount('ro');
    const path = join(disk.directory, 'state');
    expect(() => makeDirectory(join(path, 'below'))).toThrow(
      `EROFS: read-only file system, mkdir '${path}'`,
    );
  });
});
