import { JsonText, MAX_OBJECT_BYTES, type TooLargeError } from './json-text.ts';

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/** The brackets around what an item holds. */
const ITEM = '{[{';

/** Stands for an item in what remains of the list. */
const PLACEHOLDER = Buffer.from('0');

/** The list but for its items: its kind and version, and two bytes for each item. */
const MAX_REMAINDER_BYTES = 1024 * 1024;

/**
 * Cuts the items out of a Kubernetes list while it arrives: only one of them is ever in memory, and of one
 * that is too large nothing. It looks for brackets and checks nothing: whoever parses the pieces does.
 *
 *     in         {"metadata":{…},"items":[{"a":1},{"b":2}]}
 *     onItem     {"a":1}   {"b":2}
 *     remainder  {"metadata":{…},"items":[0,0]}
 */
export class ListSplitter {
  readonly #onItem: (item: string | TooLargeError) => void;
  readonly #position = new Position();
  readonly #item: JsonText;
  readonly #remainder = new JsonText(MAX_REMAINDER_BYTES);

  constructor(
    onItem: (item: string | TooLargeError) => void,
    maxItemBytes: number = MAX_OBJECT_BYTES,
  ) {
    this.#onItem = onItem;
    this.#item = new JsonText(maxItemBytes);
  }

  push(chunk: Uint8Array): void {
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      if (!this.#position.pass(chunk[at] ?? 0)) continue;
      const hasBegun = this.#position.isInItem;
      const to = hasBegun ? at : at + 1;
      this.#add(chunk.subarray(from, to), !hasBegun);
      if (!hasBegun) this.#endItem();
      from = to;
    }
    this.#add(chunk.subarray(from), this.#position.isInItem);
  }

  /** Once everything was pushed. */
  remainder(): string | TooLargeError {
    return this.#remainder.take();
  }

  #add(bytes: Uint8Array, isItem: boolean): void {
    (isItem ? this.#item : this.#remainder).add(bytes);
  }

  #endItem(): void {
    this.#remainder.add(PLACEHOLDER);
    this.#onItem(this.#item.take());
  }
}

/** Where in a JSON text we are, as far as brackets tell. */
class Position {
  /** In an object, in an array of the outermost object. */
  isInItem = false;
  #depth = 0;
  /** The outermost brackets that are open, up to three. */
  #brackets = '';
  #isInString = false;
  #isEscaped = false;

  /** Whether an item begins with this byte, or ends with it. */
  pass(byte: number): boolean {
    if (this.#isInString) this.#passInString(byte);
    else if (byte === QUOTE) this.#isInString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return this.#open(byte);
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) return this.#close();
    return false;
  }

  #passInString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isInString = false;
  }

  #open(byte: number): boolean {
    this.#depth += 1;
    if (this.#depth > ITEM.length) return false;
    return this.#turn(this.#brackets + String.fromCharCode(byte));
  }

  #close(): boolean {
    this.#depth -= 1;
    if (this.#depth >= ITEM.length) return false;
    return this.#turn(this.#brackets.slice(0, -1));
  }

  #turn(brackets: string): boolean {
    const wasInItem = this.isInItem;
    this.#brackets = brackets;
    this.isInItem = brackets === ITEM;
    return this.isInItem !== wasInItem;
  }
}
