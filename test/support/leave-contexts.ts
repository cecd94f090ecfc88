import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import { CONTEXT_BURST, CONTEXT_INTERVAL_MS } from '../../src/oom/context-ratelimit.ts';
import { killsOfTheKernel } from './kernel-kills.ts';

/** What a file may use without a wait: half is left to the next. */
const FEW = CONTEXT_BURST / 2;
let killsBefore = 0;

beforeAll(() => {
  killsBefore = killsOfTheKernel();
});

/** A file that made a storm ends when the kernel prints contexts again: the next begins with what it needs. */
afterAll(async () => {
  if (killsOfTheKernel() - killsBefore > FEW) await sleep(CONTEXT_INTERVAL_MS);
});
