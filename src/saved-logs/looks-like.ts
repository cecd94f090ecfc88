import type { ByteString } from '../kmsg/record.ts';

/** By its first bytes: what it is, and how to make a log of it. */
const MAGICS: readonly (readonly [magic: ByteString, what: string])[] = [
  ['LPKSHHRH', 'a journal file: `journalctl --file FILE -k -o export | oom-recorder replay -`'],
  ['\xfd7zXZ\0', 'xz-compressed data: `xz -dc FILE | oom-recorder replay -`'],
  ['\x28\xb5\x2f\xfd', 'zstd-compressed data: `zstd -dc FILE | oom-recorder replay -`'],
  ['BZh', 'bzip2-compressed data: `bzip2 -dc FILE | oom-recorder replay -`'],
  ['\x04\x22\x4d\x18', 'lz4-compressed data: `lz4 -dc FILE | oom-recorder replay -`'],
  ['PK\x03\x04', 'a zip archive: unpack it first'],
  ['\x7fELF', 'a program or a core dump'],
  ['KDUMP   ', 'a kernel dump: `makedumpfile --dump-dmesg FILE dmesg.txt` gets the log out of it'],
  ['SQLite format 3\0', 'a SQLite database'],
];
const USTAR = { magic: 'ustar', at: 257 } as const;

const SHOWN_CHARACTERS = 80;

/** What certainly is no text; `undefined` for what may be. */
export function looksBinary(start: ByteString): string | undefined {
  const magic = MAGICS.find(([bytes]) => start.startsWith(bytes));
  if (magic !== undefined) return magic[1];
  if (start.startsWith(USTAR.magic, USTAR.at)) return 'a tar archive: unpack it first';
  return start.includes('\0') ? 'binary data' : undefined;
}

/** What a text without records looks like. */
export function looksLikeText(firstLine: ByteString): string {
  if (/^\s*[{[]/.test(firstLine))
    return `JSON that is no log of dmesg, journald or docker: ${shown(firstLine)}`;
  if (/^\s*</.test(firstLine)) return `HTML or XML: ${shown(firstLine)}`;
  return `text in no form that is known here; its first line is ${shown(firstLine)}`;
}

function shown(line: ByteString): string {
  const text = Buffer.from(line, 'latin1').toString('utf8').trim();
  const end = text.length > SHOWN_CHARACTERS ? '…' : '';
  return JSON.stringify(text.slice(0, SHOWN_CHARACTERS) + end);
}
