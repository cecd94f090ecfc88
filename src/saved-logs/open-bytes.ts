import { createReadStream, openSync, constants, statSync, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { RecorderError } from '../errors.ts';
import { errnoCode, SavedLogError } from '../kmsg/kmsg-errors.ts';

/** How people, and this program, name standard input. */
export const STDIN = '-';

/** What a failure of the stream or of zlib means for somebody who has only the file. */
const MEANINGS: Readonly<Record<string, string>> = {
  Z_BUF_ERROR: 'its gzip data ends too early, what came before that was read',
  Z_DATA_ERROR: 'its gzip data is damaged, what came before that was read',
};

/** @throws SavedLogError where there is nothing, or it is a directory */
export function statLog(path: string): Stats {
  try {
    const found = statSync(path);
    if (!found.isDirectory()) return found;
  } catch (cause) {
    throw new SavedLogError(cause);
  }
  throw new SavedLogError(`${path}: it is a directory`);
}

/**
 * Opens a file, a pipe or a socket for reading. A pipe is not read by a thread of node's pool: a read
 * that waits there keeps the process from ending.
 */
export function openReadable(path: string, found: Stats): Readable {
  if (!found.isFIFO() && !found.isSocket()) return createReadStream(path);
  return new Socket({
    fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK),
    readable: true,
  });
}

/**
 * The bytes of a stream, to its end or until the signal: what was read until then is a whole log.
 *
 * @throws SavedLogError
 */
export async function* bytesUntil(signal: AbortSignal, readable: Readable): AsyncGenerator<Buffer> {
  if (signal.aborted) return;
  const stop = (): void => void readable.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const chunks: AsyncIterable<Buffer | string> = readable;
  try {
    for await (const chunk of chunks) {
      if (signal.aborted) return;
      yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** What a person needs to know of a failure that came while a log was read. */
export function readError(name: string, error: unknown): unknown {
  if (error instanceof RecorderError) return error;
  const meaning = MEANINGS[errnoCode(error) ?? ''];
  if (meaning !== undefined) return new SavedLogError(`${name}: ${meaning}`);
  return errnoCode(error) === undefined ? error : new SavedLogError(error);
}
