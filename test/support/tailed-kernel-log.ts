import type { KmsgFile } from '../../src/kmsg/kmsg-file.ts';
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
