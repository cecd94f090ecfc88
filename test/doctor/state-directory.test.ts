import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Finding } from '../../src/doctor/check.ts';
import { stateChecks } from '../../src/doctor/state-directory.ts';
import { lockState } from '../../src/store/state-lock.ts';
import { needsTmpfs } from '../support/mounted-disk.ts';
import { SmallDisk } from '../support/disks.ts';
import { type FakeProcess, fakeProcesses, KTHREADD } from '../support/fake-processes.ts';
import { tempDirectory } from '../support/temp-directory.ts';

const CONTAINER = `/kubepods/pod0c3ab7f2-8f4d-4a3f-9d0e-6a1b2c3d4e5f/${'c'.repeat(64)}`;
const SELF: FakeProcess = { pid: 10, comm: 'node', cgroup: CONTAINER };
const AGENT: FakeProcess = { pid: 1, comm: 'node', cgroup: CONTAINER };

interface Node {
  readonly historyMax?: number;
  /** A line for each: where, and of what type. */
  readonly mounts?: readonly (readonly [point: string, type: string])[];
  readonly locks?: string;
}

function checksOf(directory: string | undefined, node: Node = {}) {
  const { historyMax = 10, mounts = [['/', 'ext4']], locks = '' } = node;
  const mountinfo = mounts.map(([at, type], n) => `${n} 1 0:1 / ${at} rw - ${type} x rw\n`);
  const { processes, proc } = fakeProcesses([SELF, KTHREADD, AGENT], {
    '/proc/self/mountinfo': mountinfo.join(''),
    '/proc/locks': locks,
  });
  return stateChecks(directory, historyMax, processes, proc);
}

async function look(name: string, directory: string, node?: Node): Promise<Finding | undefined> {
  return checksOf(directory, node)
    .find((check) => check.name === name)
    ?.look();
}

test('without a state directory it is said what that gives up', async () => {
  const [only, ...others] = checksOf(undefined);
  expect(others).toEqual([]);
  expect(await only?.look()).toEqual({
    status: 'unknown',
    found: 'none: a restart forgets what was recorded and what was not posted',
    fix: 'name one with --state-dir',
  });
});

describe('a state directory', () => {
  test('is fine where it can be written, and nothing is left behind', async () => {
    const directory = tempDirectory();
    writeFileSync(join(directory, 'state.db'), '');
    expect(await look('state directory', directory)).toEqual({
      status: 'ok',
      found: `${directory} can be written`,
    });
    expect(readdirSync(directory)).toEqual(['state.db']);
  });

  test('is fine where it can be made, and is not made', async () => {
    const directory = join(tempDirectory(), 'a/b');
    expect(await look('state directory', directory)).toMatchObject({ status: 'ok' });
    expect(await look('state room', directory)).toMatchObject({ status: 'ok' });
    expect(await look('state lock', directory)).toMatchObject({ status: 'ok' });
    expect(existsSync(join(directory, '..'))).toBe(false);
  });

  test('that never can be says why', async () => {
    expect(await look('state directory', '/proc/foo/bar')).toEqual({
      status: 'failed',
      found: expect.stringMatching(/^\/proc\/foo\/bar cannot be written: ENOENT: .*'\/proc\/foo'$/),
      fix: expect.stringContaining('--state-dir'),
    });
    const file = join(tempDirectory(), 'file');
    writeFileSync(file, '');
    expect(await look('state directory', file)).toMatchObject({ status: 'failed' });
  });

  test.each(['nfs4', 'cifs', 'ceph', '9p', 'fuse.glusterfs', 'fuse.sshfs'])(
    'on %s is other nodes’ as well, and is not touched',
    async (type) => {
      const parent = tempDirectory();
      const mounts = [
        ['/', 'ext4'],
        [parent, type],
      ] as const;
      const before = statSync(parent).mtimeMs;
      expect(await look('state directory', join(parent, 'x'), { mounts })).toMatchObject({
        status: 'failed',
        found: `${parent}/x is on ${type}, which other nodes may use as well`,
      });
      expect(checksOf(join(parent, 'x'), { mounts })).toHaveLength(1);
      expect(statSync(parent).mtimeMs).toBe(before);
    },
  );

  test.each(['tmpfs', 'overlay'])('on %s may not outlive the agent', async (type) => {
    const directory = tempDirectory();
    expect(await look('state directory', directory, { mounts: [['/', type]] })).toMatchObject({
      status: 'unknown',
      found: `${directory} can be written, but is on ${type}: does it outlive the agent?`,
    });
  });
});

describe.skipIf(needsTmpfs())('a disk of its own', () => {
  test('that is full, or read-only, is told', async () => {
    const disk = new SmallDisk(256);
    const empty = disk.fillUp();
    for (const directory of [disk.directory, join(disk.directory, 'state')]) {
      expect(await look('state directory', directory)).toMatchObject({
        status: 'failed',
        found: expect.stringContaining('ENOSPC: no space left on device'),
      });
    }
    expect(readdirSync(disk.directory)).toEqual(['ballast']);
    empty();
    expect(await look('state directory', disk.directory)).toMatchObject({ status: 'ok' });
    disk.remount('ro');
    expect(await look('state directory', disk.directory)).toMatchObject({
      status: 'failed',
      found: expect.stringContaining('EROFS: read-only file system'),
    });
  });

  test('has room for so many episodes, those it has already among them', async () => {
    const disk = new SmallDisk(1_024);
    const [enough, tooMany] = [{ historyMax: 150 }, { historyMax: 160 }];
    expect(await look('state room', disk.directory, enough)).toEqual({
      status: 'ok',
      found: '1 MB for 150 episodes, which may take 0 MB',
    });
    expect(await look('state room', disk.directory, tooMany)).toEqual({
      status: 'failed',
      found: '1 MB for 160 episodes, which may take 1 MB',
      fix: 'make room, or lower --history-max',
    });
    writeFileSync(join(disk.directory, 'state.db'), Buffer.alloc(512 * 1024));
    expect(await look('state room', disk.directory, enough)).toMatchObject({ status: 'ok' });
    writeFileSync(join(disk.directory, 'strange'), Buffer.alloc(256 * 1024));
    expect(await look('state room', disk.directory, enough)).toMatchObject({ status: 'failed' });
  });
});

describe('the lock', () => {
  /** Held by this process, in whose name nothing is asked: SQLite knows its own locks. */
  function lockedDirectory(): string {
    const directory = join(tempDirectory(), 'state');
    mkdirSync(directory);
    const lock = lockState(directory, 0);
    onTestFinished(() => lock[Symbol.dispose]());
    return directory;
  }

  /** As fs/locks.c shows a POSIX lock on it. */
  function heldBy(directory: string, pid: number): string {
    const { dev, ino } = statSync(join(directory, 'lock.db'));
    const hex = (number: number): string => number.toString(16).padStart(2, '0');
    const file = `${hex((dev >> 8) & 0xfff)}:${hex(dev & 0xff)}:${ino}`;
    return `1: FLOCK  ADVISORY  WRITE 3 00:19:${ino} 0 EOF\n2: POSIX  ADVISORY  WRITE ${pid} ${file} 1073741825 1073741825\n`;
  }

  test('is free where nobody has it', async () => {
    const directory = tempDirectory();
    lockState(directory, 0)[Symbol.dispose]();
    expect(await look('state lock', directory)).toEqual({
      status: 'ok',
      found: 'nobody else uses it',
    });
  });

  test('is somebody’s, and the kernel says whose', async () => {
    const directory = lockedDirectory();
    expect(await look('state lock', directory, { locks: heldBy(directory, 42) })).toEqual({
      status: 'failed',
      found: `pid 42 uses ${directory}`,
      fix: 'stop that agent, or give this one a --state-dir of its own',
    });
    expect(await look('state lock', directory)).toMatchObject({
      status: 'failed',
      found: `another process uses ${directory}`,
    });
  });

  test('may be our own container’s agent’s, who is asked about', async () => {
    const directory = lockedDirectory();
    expect(await look('state lock', directory, { locks: heldBy(directory, AGENT.pid) })).toEqual({
      status: 'ok',
      found: 'this container’s own agent has it (pid 1)',
    });
  });

  test('cannot be asked for where it is no database', async () => {
    const directory = tempDirectory();
    writeFileSync(join(directory, 'lock.db'), 'x'.repeat(1024));
    expect(await look('state lock', directory)).toMatchObject({ status: 'unknown' });
  });
});
