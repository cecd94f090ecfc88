import type { KmsgRecord } from '../../src/kmsg/record.ts';

/** What the kernel prints: when, in ms since the first line, and the message. */
type Said = readonly [atMs: number, message: string];

/** Long after boot: a clock that begins at 0 proves nothing. */
const BOOT_MS = 1_000_000;

/** Kernel records with these messages, numbered from 1. */
export function kernelSays(...lines: readonly Said[]): readonly KmsgRecord[] {
  return lines.map(([atMs, message], index) => ({
    kind: 'record',
    facility: 0,
    priority: 3,
    sequence: index + 1,
    monotonicUs: (BOOT_MS + atMs) * 1000,
    flag: '-',
    message,
    readAtMs: 0,
    live: true,
  }));
}
