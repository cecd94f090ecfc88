import { filter, map, type OperatorFunction } from 'rxjs';

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
  /** The line, its `\xNN` escapes decoded. */
  readonly message: ByteString;
  /** Wall clock of the read, ms since the epoch. */
  readonly readAtMs: number;
  /** Whether it was read as it was written: the log had been drained and poll(2) announced it. */
  readonly live: boolean;
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
  readonly bytes: Buffer;
  /** Wall clock of the read, ms since the epoch. */
  readonly readAtMs: number;
  /** As in {@link KmsgRecord}. */
  readonly live: boolean;
}

/** What a device, or a saved log, emits. Of some logs the records are read already. */
export type DeviceRead = RawRecord | LogItem;

/** `info_print_ext_header()`, kernel/printk/printk.c. Kernels before 3.6 print no flag; fields may be added. */
const HEADER =
  /^(?<prefix>[0-9]{1,16}),(?<sequence>[0-9]{1,16}),(?<timestamp>[0-9]{1,16})(?:,(?<flag>[^,;\n])(?<fields>,[^;\n]*)?)?;/;

/** Where the kernel was built with PRINTK_CALLER; also in `info_print_ext_header()`. */
const CALLER = /,caller=(?<caller>[^,]*)/;

/** `msg_add_ext_text()`: every byte below space, above `~`, and the backslash itself. */
const ESCAPE = /\\x(?<hex>[0-9a-fA-F]{2})/g;

/** In a syslog prefix the low three bits are the priority (`LOG_LEVEL()`), the rest the facility. */
const PRIORITIES = 8;

/**
 * Parses what one read of `/dev/kmsg` returned (`devkmsg_read()` in kernel/printk/printk.c):
 * `prefix,sequence,µs,flag[,key=value…];message`, then the record's dictionary, one ` KEY=value` a
 * line. The dictionary (`dev_printk()` names its device there) says nothing of OOM kills and is dropped.
 *
 * @returns undefined for bytes that are no record; never throws.
 */
export function parseRecord(
  bytes: Buffer,
  { readAtMs, live }: Pick<RawRecord, 'readAtMs' | 'live'>,
): KmsgRecord | undefined {
  const text = bytes.toString('latin1');
  const header = HEADER.exec(text);
  if (header?.groups === undefined) return undefined;
  const { prefix, sequence, timestamp, flag, fields } = header.groups;
  const [level, number, monotonicUs] = [Number(prefix), Number(sequence), Number(timestamp)];
  if (Math.max(level, number, monotonicUs) > Number.MAX_SAFE_INTEGER) return undefined;
  const caller = fields && CALLER.exec(fields)?.groups?.['caller'];
  return {
    kind: 'record',
    facility: Math.floor(level / PRIORITIES),
    priority: level % PRIORITIES,
    sequence: number,
    monotonicUs,
    flag: flag ?? '-',
    caller,
    message: decodeMessage(text, header[0].length),
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

/**
 * Turns reads into records; what is one, and `drained`, passes through. Bytes that are no record are told to
 * `onMalformed` and dropped: a counter's matter, not an error.
 */
export function parseRecords(
  onMalformed: (raw: RawRecord) => void,
): OperatorFunction<DeviceRead, LogItem> {
  const parse = (read: DeviceRead): LogItem | undefined => {
    if (read.kind !== 'raw') return read;
    const record = parseRecord(read.bytes, read);
    if (record === undefined) onMalformed(read);
    return record;
  };
  return (reads$) =>
    reads$.pipe(
      map(parse),
      filter((item) => item !== undefined),
    );
}
