import { closeSync, openSync, readSync } from 'node:fs';

/** The kernel's own files give a page at a time (PAGE_SIZE). */
const page = Buffer.alloc(4096);

/**
 * A file of /proc or /sys, byte by byte: names in it are whatever their owners chose. The size of such a
 * file is 0, for which `readFileSync` sets 64 KiB aside each time.
 */
export function readLatin1(path: string): string {
  const fd = openSync(path, 'r');
  try {
    let text = '';
    for (let length; (length = readSync(fd, page)) > 0;) text += page.toString('latin1', 0, length);
    return text;
  } finally {
    closeSync(fd);
  }
}
