import type { ByteString } from '../kmsg/record.ts';
import { decodeBytes } from './decode-bytes.ts';
import { looksBinary, looksLikeText } from './looks-like.ts';
import { recognizeForm } from './recognize-form.ts';
import { NotALogError } from './saved-log-errors.ts';
import type { RecordBatch, SavedLogReader } from './saved-log-reader.ts';
import { LineSplitter } from './split-lines.ts';

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
