import { RecorderError } from '../errors.ts';
import type { ByteString } from '../kmsg/record.ts';
import { decodeBytes } from './decode-bytes.ts';
import { looksBinary, looksLikeText } from './looks-like.ts';
import { recognizeForm } from './recognize-form.ts';
import type { RecordBatch, SavedLogReader } from './saved-log-reader.ts';

/** Something was read, and not one record was in it. */
export class NotALogError extends RecorderError {
  readonly code = 'E_NOT_A_LOG';
  readonly retryable = false;

  /** @param what it looks like, and what may help */
  constructor(name: string, what: string) {
    super(`Reading ${name}: no kernel log is in it, it looks like ${what}.`);
  }
}

/** A record in the journal has a line of some kilobytes. What is longer is none, and must not fill the memory. */
const MAX_LINE_BYTES = 1024 * 1024;

const NEWEST_FIRST = 'one whose newest line comes first (`journalctl -r`): save it without that';

/**
 * Reads a saved log of any form to its end, in pieces: never more than a chunk of it is in memory. What
 * was read before a failure is told before it.
 *
 * @param name what to call it
 * @throws NotALogError where it is not empty, and no record is in it
 */
export async function* readSavedLog(
  name: string,
  chunks: AsyncIterable<Buffer>,
  reader: SavedLogReader,
): AsyncGenerator<RecordBatch> {
  const splitter = new LineSplitter();
  let failure: { readonly error: unknown } | undefined;
  try {
    let isFirst = true;
    for await (const text of decodeBytes(chunks)) {
      if (isFirst) refuseBinary(name, text);
      isFirst = false;
      yield* inOrder(name, reader, reader.read(splitter.read(text)));
    }
  } catch (error) {
    if (error instanceof NotALogError) throw error;
    failure = { error };
  }
  yield* inOrder(name, reader, [...reader.read(splitter.end()), ...reader.end()]);
  if (failure !== undefined) throw failure.error;
  if (reader.form === undefined && reader.firstLine !== undefined) {
    throw new NotALogError(name, looksLikeText(reader.firstLine));
  }
}

/** What was read, where it is not from the end of a report to its beginning. */
function inOrder(
  name: string,
  { form }: SavedLogReader,
  batches: readonly RecordBatch[],
): readonly RecordBatch[] {
  if (form?.isNewestFirst === true) throw new NotALogError(name, NEWEST_FIRST);
  return batches;
}

/** Before a gigabyte of it, or `/dev/zero`, is read. */
function refuseBinary(name: string, start: ByteString): void {
  const what = looksBinary(start);
  if (what === undefined) return;
  if (recognizeForm(start.split('\n'), 0) === undefined) throw new NotALogError(name, what);
}

/** Splits text at its newlines, chunk by chunk; a last line without one is a line. */
export class LineSplitter {
  #held = '';

  read(text: ByteString): ByteString[] {
    const lines = text.split('\n');
    lines[0] = this.#held + lines[0];
    this.#held = (lines.pop() ?? '').slice(0, MAX_LINE_BYTES);
    return lines;
  }

  end(): ByteString[] {
    return this.#held === '' ? [] : [this.#held];
  }
}
