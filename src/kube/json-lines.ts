import { ApiError } from './api-errors.ts';
import { parseJson } from './classify-failure.ts';
import { JsonText, MAX_OBJECT_BYTES, TooLargeError } from './json-text.ts';

const NEWLINE = 0x0a;

/**
 * The JSON documents of a newline-delimited stream, at most one line of it in memory; a
 * {@link TooLargeError} stands for a line that is longer than it may be. Empty lines are passed over:
 * they are how some proxies keep a connection warm.
 *
 * @throws {ApiError} where a line is not JSON, or where the stream ends inside one: the connection broke
 */
export async function* jsonLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes = MAX_OBJECT_BYTES,
): AsyncGenerator<unknown, void, undefined> {
  const line = new JsonText(maxLineBytes);
  for await (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to !== -1; to = chunk.indexOf(NEWLINE, from)) {
      line.add(chunk.subarray(from, to));
      from = to + 1;
      const text = line.take();
      if (text instanceof TooLargeError) yield text;
      else if (text.trim() !== '') yield parseJson(text, 'a line that is not JSON');
    }
    line.add(chunk.subarray(from));
  }
  if (line.bytes > 0) {
    const facts = { code: 'E_API_UNREACHABLE', retryable: true } as const;
    throw new ApiError('the stream ended inside a line', facts);
  }
}
