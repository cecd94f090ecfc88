import { closeSync, constants, openSync, readSync, statSync, type Stats } from 'node:fs';
import {
  errnoCode,
  KmsgNotFoundError,
  KmsgNotKernelLogError,
  KmsgPermissionError,
  KmsgReadError,
} from './kmsg-errors.ts';
import type { KmsgFile } from './kmsg-file.ts';
import type { SeekableLog } from './last-sequence.ts';
import { DescriptorPoll, type OnExit } from './poll.ts';
import { seekLog } from './seek-log.ts';

/** makedev(1, 11): MEM_MAJOR, and `kmsg` in `devlist`, drivers/char/mem.c. */
const KMSG_DEVICE = 0x10b;

/** The kernel's own log, or one that was saved. */
export type LogKind = 'kernel' | 'saved';

/**
 * What `--kmsg` names: the kernel's own log, or a regular file it was saved to.
 *
 * @throws KmsgNotFoundError, KmsgPermissionError, KmsgNotKernelLogError
 */
export function kindOfLog(path: string): LogKind {
  const found = translated(path, () => statSync(path));
  if (isKernelLog(found)) return 'kernel';
  if (found.isFile()) return 'saved';
  throw new KmsgNotKernelLogError(path, describe(found));
}

/** Whether a file is the kernel's own log, wherever it stands. */
export function isKernelLog(found: Stats): boolean {
  return found.isCharacterDevice() && found.rdev === KMSG_DEVICE;
}

/**
 * Whether the log at `path` can be opened, before anything else is: which kind it is.
 *
 * @throws KmsgNotFoundError, KmsgPermissionError, KmsgNotKernelLogError, KmsgReadError
 */
export function probeLog(path: string): LogKind {
  const kind = kindOfLog(path);
  closeSync(openDescriptor(path));
  return kind;
}

/**
 * Opens the kernel's log for reading; it begins at the oldest record in the ring (`devkmsg_open()`).
 *
 * @throws KmsgNotFoundError, KmsgPermissionError, KmsgReadError
 */
export function openKernelLog(path: string, onExit: OnExit): KmsgFile {
  const fd = openDescriptor(path);
  try {
    const poll = new DescriptorPoll(fd, onExit);
    return {
      path,
      read: (buffer) => readSync(fd, buffer),
      wait: (onReturn) =>
        poll.wait((error) => onReturn(error && new KmsgReadError(path, error.message, error))),
      nudge: () => poll.nudge(),
      close: () => poll.close(() => closeSync(fd)),
    };
  } catch (cause) {
    closeSync(fd);
    throw new KmsgReadError(path, 'waiting for it is not possible here', cause);
  }
}

/**
 * Opens the kernel's log for somebody who looks where it ends.
 *
 * @throws KmsgNotFoundError, KmsgPermissionError, KmsgReadError
 */
export function openToSeek(path: string): SeekableLog {
  const fd = openDescriptor(path);
  return {
    path,
    read: (buffer) => readSync(fd, buffer),
    seekToEnd: () => {
      try {
        seekLog(fd, 'end');
      } catch (cause) {
        throw new KmsgReadError(path, 'its end cannot be found', cause);
      }
    },
    close: () => closeSync(fd),
  };
}

function openDescriptor(path: string): number {
  return translated(path, () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
}

function translated<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    const code = errnoCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new KmsgNotFoundError(path, cause);
    if (code === 'EACCES' || code === 'EPERM') throw new KmsgPermissionError(path, cause);
    throw new KmsgReadError(path, 'it cannot be opened', cause);
  }
}

function describe(found: Stats): string {
  if (found.isDirectory()) return 'a directory';
  if (found.isFIFO()) return 'a pipe';
  if (found.isSocket()) return 'a socket';
  const [major, minor] = [(found.rdev >> 8) & 0xfff, found.rdev & 0xff];
  return `${found.isBlockDevice() ? 'block' : 'character'} device ${major}:${minor}`;
}
