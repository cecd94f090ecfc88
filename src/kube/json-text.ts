import { StringDecoder } from 'node:string_decoder';

/**
 * The largest object that is read, as JSON. etcd takes requests of 1.5 MiB (`--max-request-bytes`), and JSON may
 * write one byte of it as six (`\u003c`): 9 MiB. Where fields are empty and their names long (a preferred pod affinity
 * term) it is seven or eight, but {@link MAX_BRACKETS} of them make that no more than half a MiB. Twice this is on the
 * heap when the text is put together, four times where a character is beyond Latin-1.
 */
export const MAX_OBJECT_BYTES = 10 * 1024 * 1024;

/**
 * The most brackets that are opened in one. An empty object is 2 bytes in etcd and 64 in V8: 1.5 MiB of them (node
 * selector terms may be empty) are 48 MiB of the agent's heap. So many are 6 MiB; a pod of three containers has 300.
 */
const MAX_BRACKETS = 100_000;

const [OPEN_BRACE, OPEN_BRACKET] = [0x7b, 0x5b];

/** Something larger than it can be, or than can be parsed. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';

  constructor(found: number, max: number, what = 'bytes of JSON') {
    super(`${found} ${what}, more than ${max}`);
  }
}

/**
 * One JSON text as its bytes come. Of one that is too large nothing is held but its size. Each chunk is decoded at
 * once: many of them kept as buffers are 50 MB of garbage before V8 sees it, strings are on its own heap.
 *
 * Brackets are counted in strings as well, which is no loss: a process is given no string of more than 128 KiB
 * (Linux MAX_ARG_STRLEN), and a pod's annotations are 256 KiB at most.
 */
export class JsonText {
  readonly #maxBytes: number;
  readonly #decoder = new StringDecoder();
  #text = '';
  #bytes = 0;
  #brackets = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    this.#brackets += countBrackets(chunk);
    this.#text = this.#excess() === undefined ? this.#text + this.#decoder.write(chunk) : '';
  }

  /** What was added since the last time. */
  take(): string | TooLargeError {
    const [text, excess] = [this.#text + this.#decoder.end(), this.#excess()];
    this.#text = '';
    this.#bytes = 0;
    this.#brackets = 0;
    return excess ?? text;
  }

  #excess(): TooLargeError | undefined {
    if (this.#bytes > this.#maxBytes) return new TooLargeError(this.#bytes, this.#maxBytes);
    if (this.#brackets <= MAX_BRACKETS) return undefined;
    return new TooLargeError(this.#brackets, MAX_BRACKETS, 'objects and arrays');
  }
}

function countBrackets(chunk: Uint8Array): number {
  return count(chunk, OPEN_BRACE) + count(chunk, OPEN_BRACKET);
}

/** Looked for by a native function: a loop over all bytes is what V8 would load its compiler for. */
function count(chunk: Uint8Array, byte: number): number {
  let found = 0;
  for (let at = chunk.indexOf(byte); at !== -1; at = chunk.indexOf(byte, at + 1)) found += 1;
  return found;
}
