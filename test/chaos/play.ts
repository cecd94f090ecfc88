import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { agentIdentity } from '../support/agent-identity.ts';
import { MountedDisk } from '../support/mounted-disk.ts';
import { AgentTroubles } from './agent-troubles.ts';
import { AgentUnderTest } from './agent-under-test.ts';
import { BadProxy } from './bad-proxy.ts';
import type { Peaks } from './chaos-agent.ts';
import { clearCluster, eventsOf, NODE_NAME } from './chaos-cluster.ts';
import { Dice } from './dice.ts';
import { FakeNode } from './fake-node.ts';
import { KillWriter } from './kill-writer.ts';
import { LivingPods } from './living-pods.ts';
import { perform } from './perform.ts';
import type { Plan } from './plan.ts';
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

const STATE_KIB = 16_000;
/** `limits.memory` of the DaemonSet, MiB. */
const MAX_RSS_MB = 256;
const MAX_DESCRIPTORS = 100;

/** Plays a plan against an agent and a real API server, lets it come to rest, and judges. */
export async function playChaos(
  cluster: ControlPlane,
  plan: Plan,
  { directory, canMount }: ChaosOptions,
): Promise<ChaosResult> {
  await clearCluster(cluster);
  const node = new FakeNode(directory);
  const pods = new LivingPods(cluster, NODE_NAME, plan);
  await Promise.all(plan.pods.flatMap(({ atMs }, index) => (atMs === 0 ? pods.create(index) : [])));
  await using proxy = await BadProxy.start(cluster, new Dice(plan.seed, 'proxy'));
  const [stateDir, kubeconfig, logFile] = pathsIn(directory);
  mkdirSync(stateDir);
  using disk = canMount ? new MountedDisk(stateDir, STATE_KIB) : undefined;
  await proxy.writeKubeconfig(kubeconfig, cluster, (await agentIdentity(cluster)).token);
  const setup = { node, nodeName: NODE_NAME, kubeconfig, stateDir, logFile };
  await using agent = new AgentUnderTest(setup);
  await agent.start();
  const writer = new KillWriter(node, pods);
  const troubles = new AgentTroubles(agent, node, disk);
  await perform(plan, { pods, proxy, writer, agent: troubles });
  const lost = await settle({ agent, node, writer, events: async () => eventsOf(cluster) });
  const events = await eventsOf(cluster);
  leave(directory, { kills: writer.kills, events });
  cpSync(stateDir, `${stateDir}-left`, { recursive: true });
  return {
    kills: writer.kills.length,
    events: events.length,
    requests: proxy.requests,
    restarts: agent.restarts,
    peaks: agent.peaks,
    wrong: [...wrongCounts(writer.kills, events), ...lost, ...agent.wrong, ...beyond(agent.peaks)],
  };
}

function pathsIn(directory: string): [string, string, string] {
  return [join(directory, 'state'), join(directory, 'kubeconfig'), join(directory, 'agent.log')];
}

function leave(directory: string, facts: Readonly<Record<string, readonly object[]>>): void {
  for (const [name, all] of Object.entries(facts)) {
    writeFileSync(join(directory, `${name}.json`), JSON.stringify(all, undefined, 1));
  }
}

function beyond({ rssMb, descriptors }: Peaks): readonly string[] {
  return [
    ...(rssMb < MAX_RSS_MB ? [] : [`the agent took ${rssMb} MiB`]),
    ...(descriptors < MAX_DESCRIPTORS ? [] : [`the agent had ${descriptors} descriptors open`]),
  ];
}
