import type { ByteString } from '../kmsg/record.ts';
import { readKernelLine } from '../oom/kernel-lines.ts';
import { isCompleteOomKillLine } from '../oom/oom-kill-line.ts';
import { type SavedRecord, withoutCr } from './log-form.ts';

/** Lines of the OOM path in which a name stands that may hold a newline, up to there. */
const MAY_BE_CUT =
  /^(?:oom-kill:constraint=|Tasks? in \/|oom_reaper: reaped process |(?:(?:Memory cgroup out|Out) of memory(?: \(\w+\))?: )?(?:Kill(?:ed)? process|OOM victim) \d)/;

/** No record is longer (LOG_LINE_MAX, and what is in front): what goes on without end is none. */
const MAX_MESSAGE_BYTES = 8192;
/** A name is 15 bytes. */
const MAX_NEWLINES = 15;

/**
 * Puts records together again that a form prints in several lines, because the message has newlines:
 * indented (dmesg, journalctl), or each line like a record of the same microsecond (what `/proc/kmsg`
 * gives to a syslog daemon). The latter shows only in that the pieces together are a line of the OOM path.
 */
export class LineJoiner {
  readonly #emit: (record: SavedRecord) => void;
  #held: SavedRecord | undefined;
  #pieces: readonly SavedRecord[] = [];

  constructor(emit: (record: SavedRecord) => void) {
    this.#emit = emit;
  }

  /** A line that is no record: whether it goes on with the last one. */
  goOn(line: ByteString): boolean {
    if (this.#held?.indent === undefined || !line.startsWith(' ')) return false;
    if (this.#held.message.length > MAX_MESSAGE_BYTES) return true;
    const indented = /^ */.exec(line)?.[0].length ?? 0;
    const message = `${this.#held.message}\n${withoutCr(line).slice(Math.min(indented, this.#held.indent))}`;
    this.#held = { ...this.#held, message };
    return true;
  }

  add(record: SavedRecord): void {
    const last = this.#held;
    this.#held = record;
    if (last !== undefined) this.#put(last);
  }

  /** Nothing more belongs to what was added. */
  flush(): void {
    if (this.#held !== undefined) this.#put(this.#held);
    this.#held = undefined;
    this.#giveUp();
  }

  #put(record: SavedRecord): void {
    const [first] = this.#pieces;
    if (first !== undefined) {
      if (record.monotonicUs === first.monotonicUs && this.#pieces.length <= MAX_NEWLINES) {
        this.#pieces = [...this.#pieces, record];
        const message = this.#pieces.map((piece) => piece.message).join('\n');
        if (!isWhole(message)) return;
        this.#pieces = [];
        return this.#emit({ ...first, message });
      }
      this.#giveUp();
    }
    if (isCut(record)) this.#pieces = [record];
    else this.#emit(record);
  }

  #giveUp(): void {
    const pieces = this.#pieces;
    this.#pieces = [];
    pieces.forEach((piece) => this.#emit(piece));
  }
}

/** Of a form that indents, what ends without indented lines is whole. */
function isCut({ message, flag }: SavedRecord): boolean {
  return flag === undefined && MAY_BE_CUT.test(message) && !isWhole(message);
}

function isWhole(message: ByteString): boolean {
  const kind = readKernelLine(message)?.kind;
  return kind === 'oom-kill' ? isCompleteOomKillLine(message) : kind !== undefined;
}
