import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StateDirectoryError } from './store-errors.ts';

/** What no waiting mends; a disk that is full or read-only, or fails, may be mended. */
const LASTING = new Set([
  'EACCES',
  'EPERM',
  'ENOENT',
  'EEXIST',
  'ENOTDIR',
  'ELOOP',
  'ENAMETOOLONG',
]);

/**
 * Makes the state directory, unless that may work later.
 *
 * @throws StateDirectoryError where it never will
 */
export function expectDirectory(path: string): void {
  try {
    makeDirectory(path);
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (LASTING.has(code)) throw new StateDirectoryError(path, error as NodeJS.ErrnoException);
  }
}

/**
 * Makes a directory, and the parents it lacks.
 *
 * One at a time, because Node's `recursive` goes round for ever where a parent is there and the kernel
 * says ENOENT all the same, as below /proc; and it says ENOENT of a disk that is read-only.
 *
 * @throws what the file system says of the first one that cannot be made
 */
export function makeDirectory(path: string): void {
  if (isDirectory(path)) return;
  makeDirectory(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another agent that starts now may have made it.
    if (!isDirectory(path)) throw error;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
