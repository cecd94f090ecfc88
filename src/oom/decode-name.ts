import type { ByteString } from '../kmsg/record.ts';

/** A process or cgroup name as text: its bytes read as UTF-8, what is not UTF-8 as U+FFFD. */
export function decodeName(bytes: ByteString): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The same of a path that may be absent. */
export function decodePath(path: ByteString | undefined): string | undefined {
  return path === undefined ? undefined : decodeName(path);
}
