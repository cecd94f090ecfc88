import { StringDecoder } from 'node:string_decoder';

/**
 * The largest object an API server has, as JSON. etcd takes requests of 1.5 MiB (`--max-request-bytes`), and
 * JSON may write one byte of it as six (`\u003c`): 9 MiB, and some room for the names of its fields.
 */
export const MAX_OBJECT_BYTES = 10 * 1024 * 1024;

/** Something larger than it can be. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';

  constructor(bytes: number, maxBytes: number) {
    super(`${bytes} bytes of JSON, more than ${maxBytes}`);
  }
}

/**
 * One JSON text as its bytes come. Of one that is too large nothing is held but its length. Each chunk is decoded at
 * once: many of them kept as buffers are 50 MB of garbage before V8 sees it, strings are on its own heap.
 */
export class JsonText {
  readonly #maxBytes: number;
  readonly #decoder = new StringDecoder();
  #text = '';
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    this.#text = this.#bytes <= this.#maxBytes ? this.#text + this.#decoder.write(chunk) : '';
  }

  /** What was added since the last time. */
  take(): string | TooLargeError {
    const [text, bytes] = [this.#text + this.#decoder.end(), this.#bytes];
    this.#text = '';
    this.#bytes = 0;
    return bytes > this.#maxBytes ? new TooLargeError(bytes, this.#maxBytes) : text;
  }
}
