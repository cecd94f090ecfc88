import { closeSync, openSync, readSync } from 'node:fs';
import type { KmsgFile } from '../../src/kmsg/kmsg-file.ts';

const LOOK_EVERY_MS = 5;
const NEWLINE = 0x0a;

/**
 * A file that another process appends records to, with the kernel log's manners: a record a read,
 * EAGAIN at the end, a wait until there is more. Unlike the ring it forgets nothing.
 */
export function tailLog(path: string): KmsgFile {
  const fd = openSync(path, 'r');
  const chunk = Buffer.alloc(65_536);
  let held = Buffer.alloc(0);
  let timer: NodeJS.Timeout | undefined;
  const fill = (): void => {
    const bytes = readSync(fd, chunk);
    if (bytes > 0) held = Buffer.concat([held, chunk.subarray(0, bytes)]);
  };
  return {
    path,
    read: (buffer) => {
      if (!held.includes(NEWLINE)) fill();
      const length = held.indexOf(NEWLINE) + 1;
      if (length === 0) throw Object.assign(new Error('EAGAIN: read'), { code: 'EAGAIN' });
      held.copy(buffer, 0, 0, length);
      held = held.subarray(length);
      return length;
    },
    wait: (onReturn) => {
      timer = setTimeout(onReturn, LOOK_EVERY_MS);
    },
    nudge: () => undefined, // it looks all the time
    close: () => {
      clearTimeout(timer);
      closeSync(fd);
    },
  };
}
