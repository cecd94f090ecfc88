import { errnoCode, KmsgReadError } from './kmsg-errors.ts';

/** An open kernel log, in non-blocking mode. */
export interface KmsgFile {
  readonly path: string;
  /** Reads one record and returns its length; throws what node:fs throws: EAGAIN, EPIPE, EINVAL… */
  read(buffer: Buffer): number;
  /** Calls back once, in a later turn: without an error when a read may succeed. Never after close. */
  wait(onReturn: (error?: Error) => void): void;
  /** Ends a wait as if a read might succeed. */
  nudge(): void;
  close(): void;
}

/** CONSOLE_EXT_LOG_MAX (4.4 to 6.2; PRINTK_MESSAGE_MAX, 2048, since): no record is longer. */
export const READ_BUFFER_BYTES = 8192;

/** What one read came to. */
export type ReadOutcome =
  | { readonly is: 'record'; readonly length: number }
  /** Nothing more for now (EAGAIN). */
  | { readonly is: 'drained' }
  /** The ring lapped us; the next read returns the oldest record it still has. */
  | { readonly is: 'overrun' }
  /**
   * Nothing came of it, and the next read goes on: a signal came first (EINTR), or the record did not fit the
   * buffer and is gone (EINVAL), which shows as a gap.
   */
  | { readonly is: 'nothing' }
  | { readonly is: 'failed'; readonly error: KmsgReadError };

/** Reads one record, every errno of `devkmsg_read()` (kernel/printk/printk.c) given its meaning. */
export function readOnce(file: Pick<KmsgFile, 'path' | 'read'>, buffer: Buffer): ReadOutcome {
  try {
    const length = file.read(buffer);
    if (length > 0) return { is: 'record', length };
    return { is: 'failed', error: new KmsgReadError(file.path, 'it ended') };
  } catch (cause) {
    return classify(file.path, cause);
  }
}

function classify(path: string, cause: unknown): ReadOutcome {
  const code = errnoCode(cause);
  if (code === 'EAGAIN') return { is: 'drained' };
  if (code === 'EPIPE') return { is: 'overrun' };
  if (code === 'EINTR' || code === 'EINVAL') return { is: 'nothing' };
  return {
    is: 'failed',
    error: new KmsgReadError(path, `read(2) says ${code ?? String(cause)}`, cause),
  };
}
