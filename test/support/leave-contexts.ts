import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import { RATELIMIT_BURST, RATELIMIT_INTERVAL_MS } from './kernel-ratelimit.ts';

/** What a file may use without a wait: half is left to the next. */
const FEW = RATELIMIT_BURST / 2;
let killsBefore = 0;

const oomKills = (): number =>
  Number(/^oom_kill (?<kills>\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1]);

beforeAll(() => {
  killsBefore = oomKills();
});

/** A file that made a storm ends when the kernel prints contexts again: the next begins with what it needs. */
afterAll(async () => {
  if (oomKills() - killsBefore > FEW) await sleep(RATELIMIT_INTERVAL_MS);
});
