import { safeText } from './safe-text.ts';

/** Base of every failure we expect; anything else that reaches the top is a bug. */
export abstract class RecorderError extends Error {
  /** Stable and greppable: alerts and the runbook key on it, never on `message`. */
  abstract readonly code: `E_${string}`;
  /** Whether the same call, untouched, may succeed later. */
  abstract readonly retryable: boolean;
  /** Whether what was asked for cannot be right: wrong usage, not a failure. */
  readonly isUsage: boolean = false;

  /**
   * @param message what we were doing, what is wrong, what to do about it
   * @param cause why, as the layer below said it
   */
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
  }
}

/** What the system says to a file that cannot be had, in words. */
const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a file is where a directory should be',
  EEXIST: 'a file is where a directory should be',
  ENOSPC: 'no space is left on the device',
};

/** Why a file cannot be had, in words where there are some; else as the system says it. */
export function fileProblem(cause: unknown): string {
  const { code = '', message = String(cause) } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
  return FILE_PROBLEMS[code] ?? message;
}

/** What was to be printed is lost: a full disk, for one. */
export class OutputError extends RecorderError {
  readonly code = 'E_OUTPUT';
  readonly retryable = false;

  constructor(cause: NodeJS.ErrnoException) {
    super(
      `Writing to stdout: ${fileProblem(cause)}. What was printed is not whole: redirect it elsewhere`,
      cause,
    );
  }
}

/** Why a command failed, in one line for a person; a bug keeps its stack for us. */
export function explainError(error: unknown): string {
  if (error instanceof RecorderError) return safeText(`error: ${error.message} [${error.code}]`);
  const bug = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const lines = bug.split('\n').map(safeText).join('\n');
  return `error: this is a bug in oom-recorder, please report it: ${lines}`;
}
