import type { ByteString } from '../kmsg/record.ts';

/** A record in the journal has a line of some kilobytes. What is longer is none, and must not fill the memory. */
const MAX_LINE_BYTES = 1024 * 1024;

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
