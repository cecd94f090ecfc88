import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const AGENT = join(import.meta.dirname, 'crash-agent.ts');

/** What the agent of `crash-agent.ts` is told. */
export interface CrashAgentOptions {
  /** The kernel log, a file. */
  readonly log: string;
  /** Its state directory. */
  readonly state: string;
  readonly kubeconfig: string;
  /** By how much its wall clock is ahead. */
  readonly aheadMs?: number | undefined;
  /** `--max-events-per-minute` */
  readonly maxEventsPerMinute?: number | undefined;
}

/** Starts it; it says a line when it reads the log. */
export function spawnCrashAgent(
  options: CrashAgentOptions,
): ChildProcessByStdio<Writable, Readable, null> {
  const { log, state, kubeconfig, aheadMs = 0, maxEventsPerMinute = '' } = options;
  const args = [AGENT, log, state, kubeconfig, String(aheadMs), String(maxEventsPerMinute)];
  return spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'] });
}
