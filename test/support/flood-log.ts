import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';

/** Of this run alone. */
const FLOOD = `flood ${randomUUID()} ${'x'.repeat(900)}`;
const RECORD_BYTES = 8192;

/** Writes to the kernel log until it holds nothing else. */
export function floodLog(): void {
  // A writer per record: devkmsg_write() allows each open file ten records in five seconds.
  while (!oldestRecord().includes(FLOOD)) writeFileSync('/dev/kmsg', `${FLOOD}\n`);
}

function oldestRecord(): string {
  const log = openSync('/dev/kmsg', 'r');
  try {
    const record = Buffer.alloc(RECORD_BYTES);
    return record.toString('latin1', 0, readSync(log, record));
  } finally {
    closeSync(log);
  }
}
