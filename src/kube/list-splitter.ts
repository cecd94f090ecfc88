import { JsonText, MAX_OBJECT_BYTES, type TooLargeError } from './json-text.ts';

/**
 * Up to the next bracket, or the string that goes on in the next chunk. It is the expression that passes the bytes:
 * what passes each by itself in JavaScript is so hot after a hundred pods that V8 optimizes it, with 8 MB of compiler.
 */
const TO_BRACKET = /[^"{}[\]]*(?:"[^"\\]*(?:\\.[^"\\]*)*"[^"{}[\]]*)*/sy;
const TO_END_OF_STRING = /[^"\\]*(?:\\.[^"\\]*)*"/sy;

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
    const { buffer, byteOffset, length } = chunk;
    if (length === 0) return;
    const text = Buffer.from(buffer, byteOffset, length).toString('latin1');
    let from = 0;
    for (
      let at = this.#position.next(text, 0);
      at < length;
      at = this.#position.next(text, at + 1)
    ) {
      if (!this.#position.pass(text.charAt(at))) continue;
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
  /** Whether the last chunk ended with a backslash that escapes what comes. */
  #isEscaped = false;

  /** Where the next bracket is that is in no string, from here on; the text's length where there is none. */
  next(text: string, from: number): number {
    const start = from + Number(this.#isEscaped);
    const outside = this.#isInString ? skip(TO_END_OF_STRING, text, start) : start;
    if (outside === undefined) return this.#endInString(text, start);
    this.#isInString = false;
    this.#isEscaped = false;
    const at = skip(TO_BRACKET, text, outside) ?? text.length;
    return text[at] === '"' ? this.#endInString(text, at + 1) : at;
  }

  /** Whether an item begins with this bracket, or ends with it. */
  pass(bracket: string): boolean {
    return bracket === '{' || bracket === '[' ? this.#open(bracket) : this.#close();
  }

  /** The text ends in a string, of which it has what is behind `start`. */
  #endInString(text: string, start: number): number {
    let backslashes = 0;
    while (backslashes < text.length - start && text.at(-1 - backslashes) === '\\')
      backslashes += 1;
    this.#isInString = true;
    this.#isEscaped = backslashes % 2 === 1;
    return text.length;
  }

  #open(bracket: string): boolean {
    this.#depth += 1;
    if (this.#depth > ITEM.length) return false;
    return this.#turn(this.#brackets + bracket);
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

/** Where what matches there ends. */
function skip(pattern: RegExp, text: string, from: number): number | undefined {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
