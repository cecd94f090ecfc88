import { readFileSync } from 'node:fs';

/**
 * The most resident memory a process has had since its exec, kB. Not `ru_maxrss`: that is at least
 * what the process that forked it had (the kernel's `exec_mmap`).
 */
export function peakMemoryKb(pid: number | 'self' | undefined): number | undefined {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kb = /^VmHWM:\s+(?<kb>\d+) kB$/m.exec(status)?.groups?.['kb'];
  return kb === undefined ? undefined : Number(kb);
}
