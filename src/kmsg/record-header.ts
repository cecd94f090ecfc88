const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const NEWLINE = 0x0a;
const ZERO = 0x30;
const NINE = 0x39;

/** The flag of a whole line, and of every line before 3.6, where none is printed. */
export const WHOLE_LINE = 0x2d;

/** 2^53 has 16 digits; the kernel pads nothing. */
const MAX_DIGITS = 16;

/** In a syslog prefix the low three bits are the priority (`LOG_LEVEL()`), the rest the facility. */
const PRIORITIES = 8;

/**
 * The header of a record, read from its bytes: of most records nothing else is ever looked at, so that
 * it costs no string, no pattern and no object. It holds what was read last.
 *
 *     prefix,sequence,µs[,flag[,key=value…]];
 *
 * @see info_print_ext_header() in kernel/printk/printk.c; kernels before 3.6 print no flag; fields may be added
 */
export class RecordHeader {
  facility = 0;
  priority = 0;
  sequence = Number.NaN;
  monotonicUs = 0;
  /** A byte. */
  flag = WHOLE_LINE;
  /** Where the fields begin, each behind a comma, and where the message does. */
  fieldsAt = 0;
  messageAt = 0;
  /** Where the number that was read last ends. */
  #end = 0;

  /** Whether there is one. */
  read(bytes: Uint8Array): boolean {
    const prefix = this.#number(bytes, 0);
    this.facility = Math.floor(prefix / PRIORITIES);
    this.priority = prefix % PRIORITIES;
    this.sequence = this.#nextNumber(bytes);
    this.monotonicUs = this.#nextNumber(bytes);
    const largest = Math.max(prefix, this.sequence, this.monotonicUs);
    return largest <= Number.MAX_SAFE_INTEGER && this.#readRest(bytes);
  }

  #readRest(bytes: Uint8Array): boolean {
    let at = this.#end;
    this.flag = WHOLE_LINE;
    this.fieldsAt = at;
    if (bytes[at] === COMMA) {
      const flag = bytes[at + 1] ?? NEWLINE;
      if (flag === COMMA || flag === SEMICOLON || flag === NEWLINE) return false;
      this.flag = flag;
      at += 2;
      this.fieldsAt = at;
      if (bytes[at] === COMMA) at = endOfFields(bytes, at);
    }
    this.messageAt = at + 1;
    return bytes[at] === SEMICOLON;
  }

  #nextNumber(bytes: Uint8Array): number {
    return bytes[this.#end] === COMMA ? this.#number(bytes, this.#end + 1) : Number.NaN;
  }

  /** NaN where none begins, or one that is too long. */
  #number(bytes: Uint8Array, start: number): number {
    const longest = Math.min(start + MAX_DIGITS, bytes.length);
    let value = 0;
    let at = start;
    for (; at < longest; at += 1) {
      const byte = bytes[at] ?? NEWLINE;
      if (byte < ZERO || byte > NINE) break;
      value = value * 10 + (byte - ZERO);
    }
    this.#end = at;
    return at === start ? Number.NaN : value;
  }
}

function endOfFields(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== SEMICOLON && bytes[at] !== NEWLINE) at += 1;
  return at;
}
