import { fileProblem, RecorderError } from '../errors.ts';

/** What is in the state file cannot be read as ours. */
export class StateCorruptError extends RecorderError {
  readonly code = 'E_STATE_CORRUPT';
  readonly retryable = false;

  constructor(path: string, problem: string, cause?: unknown) {
    super(
      `Opening the state file ${path}: ${problem}. It is moved aside and begun anew: ` +
        'kills of this boot are read again from the kernel’s log, and Events of theirs that exist are not posted again.',
      cause,
    );
  }
}

/** The state directory cannot be read or written: missing rights, a full or a read-only disk. */
export class StateUnwritableError extends RecorderError {
  readonly code = 'E_STATE_UNWRITABLE';
  readonly retryable = true;

  constructor(path: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(
      `Writing the state file ${path}: ${why}. Kills are still recorded, but in memory: ` +
        'make room, make the state directory writable, or name another one with --state-dir.',
      cause,
    );
  }
}

/** There can be no state directory there, however long one waits. */
export class StateDirectoryError extends RecorderError {
  readonly code = 'E_STATE_DIRECTORY';
  readonly retryable = false;
  override readonly isUsage = true;

  constructor(directory: string, cause: NodeJS.ErrnoException) {
    super(
      `Opening the state directory ${directory}: ${cause.path ?? directory}: ${fileProblem(cause)}. ` +
        'Name another with --state-dir, or record in memory with --state-optional',
      cause,
    );
  }
}

/** The history cannot be shown: no state file, one that cannot be read, or no such episode. */
export class HistoryError extends RecorderError {
  readonly code = 'E_HISTORY';
  readonly retryable = false;

  constructor(where: string, problem: string, cause?: unknown) {
    super(`Reading the history in ${where}: ${problem}`, cause);
  }
}

/** Another agent has the state directory. */
export class StateLockedError extends RecorderError {
  readonly code = 'E_STATE_LOCKED';
  readonly retryable = true;

  constructor(directory: string, cause: unknown) {
    super(
      `Locking the state directory ${directory}: another oom-recorder uses it. ` +
        'Stop that one, or give this one a --state-dir of its own.',
      cause,
    );
  }
}

/**
 * SQLITE_PERM, BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL: the file is not to be had
 * now. Any other code says that what is in there is not ours. https://sqlite.org/rescode.html
 */
const UNAVAILABLE_CODES = new Set([3, 5, 6, 7, 8, 10, 13, 14, 15]);
const SQLITE_BUSY = 5;
/** The primary code is the lower byte of an extended one. */
const PRIMARY_CODE = 0xff;

/** Whether a file that could not be opened is damaged, and not out of reach. */
export function isCorruption(error: unknown): boolean {
  if (error instanceof StateCorruptError) return true;
  const code = primaryCode(error);
  return code !== undefined && !UNAVAILABLE_CODES.has(code);
}

/** Whether another process holds the lock. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === SQLITE_BUSY;
}

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error && 'errcode' in error)) return undefined;
  return Number(error.errcode) & PRIMARY_CODE;
}
