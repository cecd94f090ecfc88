import { setTimeout as sleep } from 'node:timers/promises';
import type { CoreV1Event } from '@kubernetes/client-node';
import { vi } from 'vitest';
import type { AgentProcess } from './agent-process.ts';
import { CONTEXT_INTERVAL_MS } from '../../src/oom/context-ratelimit.ts';
import { makeKill, type KillOptions, type MadeKill } from './oom-kills.ts';

/** The log line of one episode, `oom kill recorded`, as far as tests look at it. */
export interface EpisodeLog {
  readonly msg: string;
  readonly podUid?: string;
  readonly oneOfSeveral?: boolean;
  readonly victimPid: number;
  readonly context: string;
  readonly events: readonly string[];
}

/** Long after the second in which it must have happened: what is late is seen to be late. */
const SEEN = { timeout: 10_000, interval: 5 };

const TRIES = 5;

/** The Events printed so far, with `-o ndjson`. */
export function eventsOf({ output }: AgentProcess): readonly CoreV1Event[] {
  return output.map((line) => JSON.parse(line) as CoreV1Event);
}

/** The episodes logged so far. Node's own warnings are no log lines. */
export function episodesOf({ log }: AgentProcess): readonly EpisodeLog[] {
  return log
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as EpisodeLog)
    .filter(({ msg }) => msg === 'oom kill recorded');
}

/** What `/metrics` says by now, by the names, and their labels, behind `oom_recorder_`. */
export async function figures(agent: AgentProcess): Promise<Readonly<Record<string, number>>> {
  const response = await fetch(`http://127.0.0.1:${await agent.port()}/metrics`);
  const lines = (await response.text()).matchAll(/^oom_recorder_(?<name>\S+) (?<value>\d+)$/gm);
  return Object.fromEntries(Array.from(lines, ([, name, value]) => [name, Number(value)]));
}

/** The log line of a kill, once there is one. */
export async function logged(agent: AgentProcess, { pid }: MadeKill): Promise<EpisodeLog> {
  const isIt = ({ victimPid }: EpisodeLog) => victimPid === pid;
  return vi.waitUntil(() => episodesOf(agent).find((episode) => isIt(episode)), SEEN);
}

/** What is printed about a process, once it is and its episode is logged. */
export async function seen(agent: AgentProcess, kill: MadeKill): Promise<string> {
  await logged(agent, kill);
  const { pid } = kill;
  return vi.waitUntil(() => agent.output.find((line) => line.includes(`(pid ${pid})`)), SEEN);
}

/**
 * Makes a kill of which the kernel says everything: where other kills have used the machine's rate
 * limit up, another one when it is over.
 */
export async function killWithContext(
  agent: AgentProcess,
  options: Omit<KillOptions, 'count'> = {},
): Promise<MadeKill> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const kill = await makeKill(options);
    const { context } = await logged(agent, kill);
    if (context === 'full') return kill;
    await sleep(CONTEXT_INTERVAL_MS);
  }
  throw new Error('others use the kernel’s rate limit up all the time');
}
