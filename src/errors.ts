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

/** What was to be printed is lost: a full disk, for one. */
export class OutputError extends RecorderError {
  readonly code = 'E_OUTPUT';
  readonly retryable = false;

  constructor(cause: NodeJS.ErrnoException) {
    const why = cause.code === 'ENOSPC' ? 'no space is left on the device' : cause.message;
    super(`Writing to stdout: ${why}. What was printed is not whole: redirect it elsewhere`, cause);
  }
}

/** Why a command failed, in one line for a person; a bug keeps its stack for us. */
export function explainError(error: unknown): string {
  if (error instanceof RecorderError) return safeText(`error: ${error.message} [${error.code}]`);
  const bug = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const lines = bug.split('\n').map(safeText).join('\n');
  return `error: this is a bug in oom-recorder, please report it: ${lines}`;
}
