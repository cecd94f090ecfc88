import { setTimeout as delay } from 'node:timers/promises';
import type { CoreV1Event } from '@kubernetes/client-node';
import { type AgentUnderTest, REGAIN_MS } from './agent-under-test.ts';
import type { FakeNode } from './fake-node.ts';
import type { KillWriter } from './kill-writer.ts';
import { killsIn, killsOf } from './wrong-counts.ts';

export interface Settling {
  readonly agent: AgentUnderTest;
  readonly node: FakeNode;
  readonly writer: KillWriter;
  readonly events: () => Promise<readonly CoreV1Event[]>;
}

/** client-go's bucket gains a token in 300 s; what is held then is written. */
const TOKEN_MS = 301_000;
const MAX_TURNS = 15;
/** A kill whose container is in no status yet waits 30 s for it. */
const TURN_MS = 45_000;
const LOOK_EVERY_MS = 500;
/** An agent with nothing left to do for so long has nothing left to do. */
const QUIET_MS = 2000;
const LAST_KILL = { atMs: 0, how: 'told', pod: 0, container: 0 } as const;

const WAITING = ['oom_recorder_outbox_events', 'oom_recorder_pending_episodes'];
const LOST = ['oom_recorder_unexplained_oom_kills', 'oom_recorder_log_records_lost_total'];

/** Lets an agent finish, each time a token later, until the Events account for every kill. */
export async function settle(settling: Settling): Promise<readonly string[]> {
  const { agent, node, writer } = settling;
  node.setClockToHighest(); // until then no token comes back
  node.letTimePass(REGAIN_MS);
  await writer.kill(LAST_KILL);
  for (let turn = 1; !(await hasFinished(settling)) && turn < MAX_TURNS; turn += 1) {
    node.letTimePass(TOKEN_MS);
    await agent.restart('SIGTERM');
  }
  const [unexplained, lost] = (await agent.metrics(...LOST)) ?? [];
  return [
    ...(unexplained === 0 ? [] : [`${unexplained} kills are unexplained`]),
    ...(lost === 0 ? [] : [`${lost} records of the log are lost`]),
  ];
}

/** Waits until it has nothing left to do. @returns whether there is an Event of every kill */
async function hasFinished(settling: Settling): Promise<boolean> {
  const { agent, writer, events } = settling;
  const untilMs = performance.now() + TURN_MS;
  let quietSinceMs: number | undefined;
  while (performance.now() < untilMs) {
    await delay(LOOK_EVERY_MS);
    const isQuiet = (await agent.metrics(...WAITING))?.every((waiting) => waiting === 0) === true;
    quietSinceMs = isQuiet ? (quietSinceMs ?? performance.now()) : undefined;
    if (quietSinceMs !== undefined && performance.now() - quietSinceMs > QUIET_MS) break;
  }
  return killsIn(await events()) >= killsOf(writer.kills);
}
