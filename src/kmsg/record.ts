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
  readonly caller?: string;
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
