import { JsonText, MAX_OBJECT_BYTES, TooLargeError } from '../kube/json-text.ts';

const NEWLINE = 0x0a;

/** The stream ended inside a line, or had a line no API server would write. */
export class BrokenLineError extends Error {
  override readonly name = 'BrokenLineError';
  /** Whether the line was only begun when the stream ended. */
  readonly unfinished: boolean;

  constructor(message: string, unfinished: boolean, options?: ErrorOptions) {
    super(message, options);
    this.unfinished = unfinished;
  }
}

/**
 * The JSON documents of a newline-delimited stream, at most one line of it in memory; a
 * {@link TooLargeError} stands for a line that is longer than it may be. Empty lines are passed over:
 * they are how some proxies keep a connection warm.
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
      else if (text.trim() !== '') yield parse(text);
    }
    line.add(chunk.subarray(from));
  }
  if (line.bytes > 0) throw new BrokenLineError('the stream ended inside a line', true);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (err) {
    throw new BrokenLineError('a line that is not JSON', false, { cause: err });
  }
}
