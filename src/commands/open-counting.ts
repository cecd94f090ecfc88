import { readdirSync } from 'node:fs';
import type { Log } from '../log.ts';
import { KillAudit } from '../oom/kill-audit.ts';
import { KillLedger } from '../oom/kill-ledger.ts';
import { CgroupCounters } from '../pods/cgroup-counters.ts';
import type { Tally } from '../tally.ts';
import { readLatin1 } from './surroundings.ts';

export interface CountingOptions {
  readonly cgroupRoot: string;
  readonly procRoot: string;
}

/** The kernel's own counters of OOM kills, put to two uses. */
export interface Counting {
  /** Whose a kill without context was. */
  readonly ledger: KillLedger;
  /** Whether one was missed. */
  readonly audit: KillAudit;
}

/** For the log of this kernel; a saved one is another day's, and its kills are in no counter now. */
export function openCounting(options: CountingOptions, tally: Tally, log: Log): Counting {
  const counters = new CgroupCounters({
    ...options,
    files: { readText: readLatin1, listDirectories },
  });
  const audit = new KillAudit({
    total: () => counters.total(),
    tally,
    onMissing: (figures) => log.warn(figures, 'the kernel counted oom kills its log did not show'),
  });
  return { ledger: new KillLedger(counters), audit };
}

function listDirectories(path: string): readonly string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}
