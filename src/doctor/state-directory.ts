import { randomUUID } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  rmdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { ProcFiles } from '../pods/proc-files.ts';
import { lookAtLock } from '../store/state-lock.ts';
import { stateFile } from '../store/open-database.ts';
import { type Check, check, failed, type Finding, ok, unknown } from './check.ts';
import { mountOf } from './mount-of.ts';
import type { ProcessList } from './process-list.ts';

/** File systems that other nodes may have as well: a lock and a WAL are one kernel's. */
const SHARED = /^(?:nfs|cifs|smb|ceph|9p$|afs$|lustre|gfs2|ocfs2|gpfs|fuse\.(?!ext|ntfs))/;
/** Those that go with a container, a pod or a boot. */
const PASSING: ReadonlySet<string> = new Set(['overlay', 'tmpfs', 'ramfs']);

/** Of a state file and its WAL: 66 MB with 10,000 episodes (docs/scale.md). */
const BYTES_PER_EPISODE = 6_600;
/** A page of the database, and more than a full disk has left. */
const PROBE_BYTES = 64 * 1024;

const ELSEWHERE = 'name a directory on a disk of this node with --state-dir';

/**
 * The state directory can be written and is this node's, has room for the whole history, and no other
 * agent has it. Whatever is tried is taken back. What it is on is told by the kernel's list: a server that
 * is away would hold up whoever touches it.
 */
export function stateChecks(
  directory: string | undefined,
  historyMax: number,
  processes: ProcessList,
  proc: ProcFiles,
): readonly Check[] {
  const name = 'state directory';
  if (directory === undefined) {
    const none = 'none: a restart forgets what was recorded and what was not posted';
    return [check(name, () => unknown(none, 'name one with --state-dir'))];
  }
  const type = mountOf(proc.text('self/mountinfo') ?? '', resolve(directory)) ?? 'unknown';
  if (SHARED.test(type)) {
    const shared = `${directory} is on ${type}, which other nodes may use as well`;
    return [check(name, () => failed(shared, ELSEWHERE))];
  }
  return [
    check(name, () => lookAtDirectory(directory, type)),
    check('state room', () => lookAtRoom(directory, historyMax)),
    check('state lock', () => lookAtHolder(directory, processes, proc)),
  ];
}

function lookAtDirectory(directory: string, type: string): Finding {
  try {
    tryToWrite(directory);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const fix = `make room or set its rights; else ${ELSEWHERE}`;
    return failed(`${directory} cannot be written: ${why}`, fix);
  }
  const found = `${directory} can be written`;
  if (!PASSING.has(type)) return ok(found);
  return unknown(`${found}, but is on ${type}: does it outlive the agent?`, ELSEWHERE);
}

function tryToWrite(directory: string): void {
  const missing = firstMissing(directory);
  if (missing === undefined) {
    tryToWriteIn(directory);
    const file = stateFile(directory);
    if (existsSync(file)) accessSync(file, constants.R_OK | constants.W_OK);
    return;
  }
  mkdirSync(missing);
  try {
    tryToWriteIn(missing);
  } finally {
    rmdirSync(missing);
  }
}

function tryToWriteIn(directory: string): void {
  const probe = join(directory, `doctor-${randomUUID()}`);
  try {
    writeFileSync(probe, Buffer.alloc(PROBE_BYTES), { flag: 'wx', flush: true });
  } finally {
    rmSync(probe, { force: true });
  }
}

/** Of a directory and its parents. */
function firstMissing(path: string): string | undefined {
  if (existsSync(path)) return undefined;
  return firstMissing(dirname(path)) ?? path;
}

function lookAtRoom(directory: string, historyMax: number): Finding {
  const missing = firstMissing(directory);
  const existing = missing === undefined ? directory : dirname(missing);
  const { bavail, bsize } = statfsSync(existing);
  const files = ['', '-wal'].map((suffix) => stateFile(directory) + suffix);
  const ownBytes = files.map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  const roomBytes = ownBytes.reduce((sum, bytes) => sum + bytes, bavail * bsize);
  const neededBytes = historyMax * BYTES_PER_EPISODE;
  const found = `${megabytes(roomBytes)} for ${historyMax} episodes, which may take ${megabytes(neededBytes)}`;
  if (roomBytes >= neededBytes) return ok(found);
  return failed(found, 'make room, or lower --history-max');
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 1e6)} MB`;
}

/** The agent of our own container is who we are asked about. */
function lookAtHolder(directory: string, processes: ProcessList, proc: ProcFiles): Finding {
  const lock = lookAtLock(directory);
  if (lock.is === 'free') return ok('nobody else uses it');
  if (lock.is === 'unknown') return unknown('whether another agent uses it cannot be asked here');
  const pid = holderOf(lock.file, proc.text('locks') ?? '');
  if (pid !== undefined && processes.isOfOurContainer(pid))
    return ok(`this container’s own agent has it (pid ${pid})`);
  const who = pid === undefined ? 'another process' : `pid ${pid}`;
  return failed(
    `${who} uses ${directory}`,
    'stop that agent, or give this one a --state-dir of its own',
  );
}

/** `1: POSIX  ADVISORY  WRITE 4242 fd:01:131077 …`: lock_get_status(), fs/locks.c. */
function holderOf({ dev, ino }: { dev: bigint; ino: bigint }, locks: string): number | undefined {
  const [major, minor] = [(dev >> 8n) & 0xfffn, (dev & 0xffn) | ((dev >> 12n) & 0xfff00n)];
  const hex = (number: bigint): string => number.toString(16).padStart(2, '0');
  const file = `${hex(major)}:${hex(minor)}:${ino}`;
  const holder = new RegExp(String.raw`POSIX +ADVISORY +WRITE +(?<pid>\d+) ${file} `).exec(locks);
  return holder === null ? undefined : Number(holder.groups?.['pid']);
}
