import { RecordHeader } from './record-header.ts';

/**
 * Bytes, one per UTF-16 unit (`latin1`). A process or cgroup name is whatever bytes its owner
 * chose, and the kernel counts bytes; so do we, until a name is shown to somebody.
 */
export type ByteString = string;

/** One entry of `/dev/kmsg`. @see https://www.kernel.org/doc/Documentation/ABI/testing/dev-kmsg */
export interface KmsgRecord {
  readonly kind: 'record';
  /** syslog facility; 0 is the kernel, and nothing in user space can write as facility 0. */
  readonly facility: number;
  /** syslog priority, 0 (emergency) to 7 (debug). */
  readonly priority: number;
  /** Numbers every record of this boot consecutively. */
  readonly sequence: number;
  /** µs on the kernel's `local_clock()`: since boot, without suspend, not disciplined by NTP. */
  readonly monotonicUs: number;
  /** `-` a whole line, `c` a fragment of one, `+` (before 4.5) the fragments that follow it. */
  readonly flag: string;
  /** Who printed it (`T123` a task, `C0` a CPU), where the kernel was built with PRINTK_CALLER. */
  readonly caller?: string | undefined;
  /** The line, its `\xNN` escapes decoded; empty where its bytes show that it says nothing of OOM kills. */
  readonly message: ByteString;
  /** Wall clock of the read, ms since the epoch. */
  readonly readAtMs: number;
  /** Whether it was read as it was written: the log had been drained and poll(2) announced it. */
  readonly live: boolean;
  /**
   * When the records directly before it were written, µs, where they say nothing either: they are of
   * the same facility, with no gap between them, and have no record of their own.
   */
  readonly skippedUs?: readonly number[] | undefined;
}

/** The log held nothing more at that moment (the last read said EAGAIN). */
export interface Drained {
  readonly kind: 'drained';
  /** Monotonic clock of this process, ms. Only differences mean anything. */
  readonly atMs: number;
}

/** What travels down the pipe before the assembler: records, and the moments when there are none. */
export type LogItem = KmsgRecord | Drained;

/** A record as one read(2) returned it, and what the reader knew at that moment. */
export interface RawRecord {
  readonly kind: 'raw';
  /** The next read may overwrite them. */
  readonly bytes: Buffer;
  /** Wall clock of the read, ms since the epoch. */
  readonly readAtMs: number;
  /** As in {@link KmsgRecord}. */
  readonly live: boolean;
}

/** What the reader knew when it read. */
type ReadFacts = Pick<RawRecord, 'readAtMs' | 'live'>;

/** What a device, or a saved log, emits. Of some logs the records are read already. */
export type DeviceRead = RawRecord | LogItem;

/** Where the kernel was built with PRINTK_CALLER; also in `info_print_ext_header()`. */
const CALLER = /,caller=(?<caller>[^,]*)/;

/** `msg_add_ext_text()`: every byte below space, above `~`, and the backslash itself. */
const ESCAPE = /\\x(?<hex>[0-9a-fA-F]{2})/g;

const header = new RecordHeader();

/**
 * Parses what one read of `/dev/kmsg` returned (`devkmsg_read()` in kernel/printk/printk.c):
 * `prefix,sequence,µs,flag[,key=value…];message`, then the record's dictionary, one ` KEY=value` a
 * line. The dictionary (`dev_printk()` names its device there) says nothing of OOM kills and is dropped.
 *
 * @returns undefined for bytes that are no record; never throws.
 */
export function parseRecord(bytes: Buffer, read: ReadFacts): KmsgRecord | undefined {
  return header.read(bytes) ? recordOf(header, read, bytes) : undefined;
}

/** The record of a header. @param bytes what the header was read from; without them the message is left out */
export function recordOf(
  { facility, priority, sequence, monotonicUs, flag, fieldsAt, messageAt }: RecordHeader,
  { readAtMs, live }: ReadFacts,
  bytes?: Buffer,
): KmsgRecord {
  const text = bytes?.toString('latin1', fieldsAt) ?? '';
  const fields = text.slice(0, messageAt - 1 - fieldsAt);
  return {
    kind: 'record',
    facility,
    priority,
    sequence,
    monotonicUs,
    flag: String.fromCharCode(flag),
    caller: fields === '' ? undefined : CALLER.exec(fields)?.groups?.['caller'],
    message: decodeMessage(text, messageAt - fieldsAt),
    readAtMs,
    live,
  };
}

/**
 * The kernel escapes every control character within a message, so its first line is all of it, and
 * a bare CR at its end was added to a saved log by a serial console or an editor.
 */
function decodeMessage(text: string, start: number): ByteString {
  const end = text.indexOf('\n', start);
  const line = text.slice(start, end === -1 ? undefined : end);
  const escaped = line.endsWith('\r') ? line.slice(0, -1) : line;
  if (!escaped.includes('\\x')) return escaped;
  return escaped.replace(ESCAPE, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
