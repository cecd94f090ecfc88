import { RecorderError } from '../errors.ts';

/** What is in the state file cannot be read as ours. */
export class StateCorruptError extends RecorderError {
  readonly code = 'E_STATE_CORRUPT';
  readonly retryable = false;

  constructor(path: string, problem: string, cause?: unknown) {
    super(
      `Opening the state file ${path}: ${problem}. It is moved aside and begun anew: ` +
        'kills of this boot are read again from the kernel’s log, and Events that exist are not posted twice.',
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
        'make room, or make the state directory writable.',
      cause,
    );
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB, https://sqlite.org/rescode.html */
const CORRUPT_CODES = new Set([11, 26]);
/**
 * SQLITE_PERM, BUSY, LOCKED, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB: the file is
 * to blame. Any other code (a broken constraint, a wrong statement) is a bug, in memory as well.
 */
const FILE_CODES = new Set([3, 5, 6, 8, 10, 11, 13, 14, 15, 26]);
/** The primary code is the lower byte of an extended one. */
const PRIMARY_CODE = 0xff;

/** Whether SQLite says that the file is damaged, and not that it cannot be reached. */
export function isCorruption(error: unknown): boolean {
  if (error instanceof StateCorruptError) return true;
  const code = sqliteCode(error);
  return code !== undefined && CORRUPT_CODES.has(code);
}

/** Whether SQLite failed because of the file it works on. */
export function isFileFailure(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && FILE_CODES.has(code);
}

/** SQLite's primary result code; `undefined` for any other error. */
function sqliteCode(error: unknown): number | undefined {
  const isSqlite = error instanceof Error && 'errcode' in error;
  return isSqlite ? Number(error.errcode) & PRIMARY_CODE : undefined;
}
