import type { Readable } from 'node:stream';

/** Runs something that takes a signal, and aborts it after `ms` with a `TimeoutError`. */
export async function withDeadline<T>(
  ms: number,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(timeout(ms)), ms);
  try {
    return await run(
      signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal]),
    );
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The chunks of a body, failing when none comes for `idleMs`. One native timer, moved along with
 * the chunks: undici's own body time-out wakes the process twice a second.
 */
export async function* limitIdle(
  body: Readable,
  idleMs: number,
  translate: (err: unknown) => Error,
): AsyncGenerator<Uint8Array, void, undefined> {
  const timer = setTimeout(() => body.destroy(timeout(idleMs)), idleMs);
  timer.unref();
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      timer.refresh();
      yield chunk;
    }
  } catch (err) {
    throw translate(err);
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
}

function timeout(ms: number): DOMException {
  return new DOMException(`no answer within ${ms} ms`, 'TimeoutError');
}
