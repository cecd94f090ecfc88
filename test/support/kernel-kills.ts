import { readFileSync } from 'node:fs';

/** `/proc/vmstat` `oom_kill`: every OOM kill on this machine since it booted. */
export function killsOfTheKernel(): number {
  return Number(/^oom_kill (?<kills>\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1]);
}
