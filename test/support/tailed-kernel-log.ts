import { type KmsgFile, READ_BUFFER_BYTES, readOnce } from '../../src/kmsg/kmsg-file.ts';
import type { SeekableLog } from '../../src/kmsg/last-sequence.ts';
import { tailLog } from './tailed-log.ts';

/** Stands in for `src/kmsg/kernel-log.ts`; see tail-kmsg.ts. */
export function kindOfLog(): 'kernel' {
  return 'kernel';
}

export function isKernelLog(): boolean {
  return true;
}

export function probeLog(): 'kernel' {
  return kindOfLog();
}

export function openKernelLog(path: string): KmsgFile {
  return tailLog(path);
}

export function openToSeek(path: string): SeekableLog {
  const log = tailLog(path);
  const buffer = Buffer.alloc(READ_BUFFER_BYTES);
  return {
    ...log,
    seekToEnd: () => {
      while (readOnce(log, buffer).is === 'record');
    },
  };
}
