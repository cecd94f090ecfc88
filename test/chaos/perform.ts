import { setTimeout as delay } from 'node:timers/promises';
import type { AgentTroubles } from './agent-troubles.ts';
import type { BadProxy } from './bad-proxy.ts';
import type { KillWriter } from './kill-writer.ts';
import type { LivingPods } from './living-pods.ts';
import type { Plan } from './plan.ts';
import type { Trouble } from './plan-troubles.ts';

/** To whom what is planned happens. */
export interface Stage {
  readonly pods: LivingPods;
  readonly proxy: BadProxy;
  readonly agent: AgentTroubles;
  readonly writer: KillWriter;
}

/** Does everything at its time; resolves when all of it is over. */
export async function perform(plan: Plan, stage: Stage): Promise<void> {
  const { pods, writer } = stage;
  const startMs = performance.now();
  const at = async (atMs: number, act: () => Promise<unknown>): Promise<void> => {
    await delay(Math.max(0, startMs + atMs - performance.now()));
    await act();
  };
  await Promise.all([
    ...plan.troubles.map((trouble) => at(trouble.atMs, async () => suffer(trouble, stage))),
    ...plan.kills.map((kill) => at(kill.atMs, async () => writer.kill(kill))),
    ...plan.pods.flatMap(({ atMs, endMs = Infinity }, index) => [
      ...(atMs > 0 ? [at(atMs, async () => pods.create(index))] : []),
      ...(endMs < plan.forMs ? [at(endMs, async () => pods.delete(index))] : []),
    ]),
  ]);
}

async function suffer(trouble: Trouble, { proxy, agent }: Stage): Promise<void> {
  if (trouble.lane !== 'network') return agent.suffer(trouble);
  proxy.misbehave(trouble);
  await delay(trouble.forMs);
  proxy.behaveWell();
}
