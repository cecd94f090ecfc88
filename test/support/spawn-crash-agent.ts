import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { tied } from '../../hack/control-plane/tied-process.ts';

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

type CrashAgent = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts it, for as long as this process lives; it says a line when it reads the log, and what it warns of on stderr. */
export function spawnCrashAgent(options: CrashAgentOptions): CrashAgent {
  const { log, state, kubeconfig, aheadMs = 0, maxEventsPerMinute = '' } = options;
  const told = [log, state, kubeconfig, String(aheadMs), String(maxEventsPerMinute)];
  const [file, ...args] = tied([process.execPath, AGENT, ...told]);
  const agent = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  agent.stderr.resume(); // a full pipe would stop it
  return agent;
}

/** Resolves when it reads the log. @throws what it said, where it has ended before */
export async function whenReading(agent: CrashAgent): Promise<void> {
  let said = '';
  agent.stderr.on('data', (text) => (said += String(text)));
  const ended = once(agent, 'close').then(() => {
    throw new Error(`the agent ended at its start: ${said}`);
  });
  await Promise.race([once(agent.stdout, 'data'), ended]);
}
