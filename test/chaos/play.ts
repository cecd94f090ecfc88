import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CoreV1Event } from '@kubernetes/client-node';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { agentIdentity } from '../support/agent-identity.ts';
import { createNode, deleteEvents } from '../support/cluster-objects.ts';
import { AgentUnderTest } from './agent-under-test.ts';
import { BadProxy } from './bad-proxy.ts';
import type { Peaks } from './chaos-agent.ts';
import { Dice } from './dice.ts';
import { FakeNode } from './fake-node.ts';
import { KillWriter } from './kill-writer.ts';
import { LivingPods } from './living-pods.ts';
import type { Plan } from './plan.ts';
import type { Trouble } from './plan-troubles.ts';
import { settle } from './settle.ts';
import { wrongCounts } from './wrong-counts.ts';

export interface ChaosResult {
  readonly kills: number;
  readonly events: number;
  readonly requests: number;
  readonly restarts: number;
  readonly peaks: Peaks;
  /** What is not as it must be: nothing, or a line each. */
  readonly wrong: readonly string[];
}

export interface ChaosOptions {
  /** Of the run's own, empty. The agent's log is left there, its state, the kills and the Events. */
  readonly directory: string;
  /** Whether file systems can be mounted, so that the state's disk can be full. */
  readonly canMount: boolean;
}

const NODE = 'chaos-node';
const NAMESPACES = ['chaos', 'tenant', 'default', 'kube-system'];

/** Plays a plan against an agent and a real API server, lets it come to rest, and judges. */
export async function playChaos(
  cluster: ControlPlane,
  plan: Plan,
  { directory, canMount }: ChaosOptions,
): Promise<ChaosResult> {
  await clear(cluster);
  const node = new FakeNode(directory);
  const pods = new LivingPods(cluster, NODE, plan);
  await Promise.all(plan.pods.flatMap(({ atMs }, index) => (atMs === 0 ? pods.create(index) : [])));
  await using proxy = await BadProxy.start(cluster, new Dice(plan.seed, 'proxy'));
  const kubeconfig = join(directory, 'kubeconfig');
  const { token } = await agentIdentity(cluster);
  await proxy.writeKubeconfig(kubeconfig, cluster, token);
  await using agent = new AgentUnderTest({ node, nodeName: NODE, kubeconfig, directory, canMount });
  await agent.start();
  const writer = new KillWriter(node, pods);
  await perform(plan, { pods, proxy, agent, writer });
  const events = async () => eventsOf(cluster);
  const lost = await settle({ agent, node, writer, events });
  const found = await events();
  writeFileSync(join(directory, 'kills.json'), JSON.stringify(writer.kills, undefined, 1));
  writeFileSync(join(directory, 'events.json'), JSON.stringify(found, undefined, 1));
  return {
    kills: writer.kills.length,
    events: found.length,
    requests: proxy.requests,
    restarts: agent.restarts,
    peaks: agent.peaks,
    wrong: [...wrongCounts(writer.kills, found), ...lost, ...agent.wrong, ...beyond(agent.peaks)],
  };
}

/** `limits.memory` of the DaemonSet, MiB. */
const MAX_RSS_MB = 256;
const MAX_DESCRIPTORS = 100;

function beyond({ rssMb, descriptors }: Peaks): string[] {
  return [
    ...(rssMb < MAX_RSS_MB ? [] : [`the agent took ${rssMb} MiB`]),
    ...(descriptors < MAX_DESCRIPTORS ? [] : [`the agent had ${descriptors} descriptors open`]),
  ];
}

interface Stage {
  readonly pods: LivingPods;
  readonly proxy: BadProxy;
  readonly agent: AgentUnderTest;
  readonly writer: KillWriter;
}

/** Everything at its time; resolves when all of it is over. */
async function perform(plan: Plan, { pods, proxy, agent, writer }: Stage): Promise<void> {
  const startMs = performance.now();
  const at = async (atMs: number, act: () => unknown): Promise<void> => {
    await delay(Math.max(0, startMs + atMs - performance.now()));
    await act();
  };
  const suffer = async (trouble: Trouble): Promise<void> => {
    if (trouble.lane !== 'network') return agent.suffer(trouble);
    proxy.misbehave(trouble);
    await delay(trouble.forMs);
    proxy.behaveWell();
  };
  await Promise.all([
    ...plan.troubles.map((trouble) => at(trouble.atMs, () => suffer(trouble))),
    ...plan.kills.map((kill) => at(kill.atMs, () => writer.kill(kill))),
    ...plan.pods.flatMap(({ atMs, endMs }, index) => [
      ...(atMs > 0 ? [at(atMs, () => pods.create(index))] : []),
      ...(endMs === undefined || endMs > plan.forMs ? [] : [at(endMs, () => pods.delete(index))]),
    ]),
  ]);
}

/** The pods and Events of an earlier run. */
async function clear(cluster: ControlPlane): Promise<void> {
  await createNode(cluster, NODE).catch(() => undefined);
  const now = ['--all', '--force', '--grace-period=0', '--wait=true'];
  for (const namespace of NAMESPACES) {
    await cluster.kubectl(['delete', 'pod', '-n', namespace, ...now]);
  }
  await deleteEvents(
    cluster,
    NAMESPACES.filter((name) => name !== 'tenant' && name !== 'chaos'),
  );
  await cluster.kubectl(['delete', 'events', '-n', 'chaos', '--all']);
}

async function eventsOf(cluster: ControlPlane): Promise<readonly CoreV1Event[]> {
  const text = await cluster.kubectl(['get', 'events', '-A', '-o', 'json']);
  const { items }: { items: CoreV1Event[] } = JSON.parse(text);
  return items.filter(({ source }) => source?.component === 'oom-recorder');
}
