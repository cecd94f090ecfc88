import type { KmsgRecord } from '../../src/kmsg/record.ts';

/** Writes a record as a program of util-linux or systemd does: bytes, one per UTF-16 unit. */
export type FormWriter = (record: KmsgRecord) => string;

/** When the system booted whose log these write. */
export const BOOT_MS = Date.UTC(2026, 10, 22, 11);

/** The forms that the recordings are converted to in tests; what the programs themselves write is in testdata. */
export const FORM_WRITERS: Readonly<Record<string, FormWriter>> = {
  'raw /dev/kmsg': ({ facility, priority, sequence, monotonicUs, flag, message }) => {
    const escaped = message.replace(/[^\x20-\x7e]|\\/g, escape);
    return `${facility * 8 + priority},${sequence},${monotonicUs},${flag};${escaped}\n`;
  },
  dmesg: ({ monotonicUs, message }) => dmesgLines(`${sinceBoot(monotonicUs)} `, message),
  'dmesg -T': ({ monotonicUs, message }) => dmesgLines(`[${ctime(monotonicUs)}] `, message),
  'dmesg -r': ({ facility, priority, monotonicUs, message }) =>
    dmesgLines(`<${facility * 8 + priority}>${sinceBoot(monotonicUs)} `, message),
  'journalctl -o short-iso': ({ monotonicUs, message }) =>
    indented(`${dateOf(monotonicUs).toISOString().slice(0, 19)}+00:00 node-1 kernel: `, message),
  'journalctl -o json': ({ facility, monotonicUs, message }) =>
    `${JSON.stringify({
      __REALTIME_TIMESTAMP: String(BOOT_MS * 1000 + monotonicUs + 500),
      __MONOTONIC_TIMESTAMP: String(monotonicUs + 500),
      _SOURCE_MONOTONIC_TIMESTAMP: String(monotonicUs),
      _TRANSPORT: 'kernel',
      SYSLOG_FACILITY: String(facility),
      MESSAGE: [...Buffer.from(message, 'latin1')],
    })}\n`,
};

/** `safe_fwrite()`, dmesg.c, in the C locale. */
function dmesgLines(lead: string, message: string): string {
  return indented(lead, message.replace(/[^\x20-\x7e\s]|[\x85\xa0]/g, escape));
}

/** Further lines are indented as far as the first. */
function indented(lead: string, message: string): string {
  return `${lead}${message.replaceAll('\n', `\n${' '.repeat(lead.length)}`)}\n`;
}

function escape(byte: string): string {
  return `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

function dateOf(us: number): Date {
  return new Date(BOOT_MS + us / 1000);
}

/** `%a %b %e %H:%M:%S %Y`, in UTC. */
function ctime(us: number): string {
  const [weekday = '', day = '', month, year, clock] = dateOf(us).toUTCString().split(' ');
  return `${weekday.slice(0, 3)} ${month} ${String(Number(day)).padStart(2)} ${clock} ${year}`;
}

function sinceBoot(us: number): string {
  const seconds = String(Math.floor(us / 1e6)).padStart(5);
  return `[${seconds}.${String(us % 1e6).padStart(6, '0')}]`;
}
