const NEWLINE = 0x0a;

/**
 * etcd takes requests of 1.5 MiB (`--max-request-bytes`), and JSON is no more than a few times the
 * protobuf in it. A longer line is not an API server talking.
 */
const MAX_LINE_BYTES = 8 * 1024 * 1024;

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
 * The JSON documents of a newline-delimited stream, at most one line of it in memory. Empty lines are
 * passed over: they are how some proxies keep a connection warm.
 */
export async function* jsonLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes = MAX_LINE_BYTES,
): AsyncGenerator<unknown, void, undefined> {
  let begun: Uint8Array[] = [];
  let begunBytes = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to !== -1; to = chunk.indexOf(NEWLINE, from)) {
      const line = Buffer.concat([...begun, chunk.subarray(from, to)]).toString('utf8');
      [begun, begunBytes, from] = [[], 0, to + 1];
      if (line.trim() !== '') yield parse(line);
    }
    begun.push(chunk.subarray(from));
    begunBytes += chunk.length - from;
    if (begunBytes > maxLineBytes) {
      throw new BrokenLineError(`a line of more than ${maxLineBytes} bytes`, false);
    }
  }
  if (begunBytes > 0) throw new BrokenLineError('the stream ended inside a line', true);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (err) {
    throw new BrokenLineError('a line that is not JSON', false, { cause: err });
  }
}
