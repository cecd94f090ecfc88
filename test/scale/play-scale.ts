import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CoreV1Event } from '@kubernetes/client-node';
import { type ControlPlane, startControlPlane } from '../../hack/control-plane/control-plane.ts';
import { eventsOf } from '../chaos/chaos-cluster.ts';
import { killsIn, type WrittenKill, wrongCounts } from '../chaos/wrong-counts.ts';
import { agentIdentity } from '../support/agent-identity.ts';
import { FastDirectory } from '../support/fast-directory.ts';
import { AuditLog } from './audit-log.ts';
import { type FilledNode, fillCluster } from './fill-cluster.ts';
import { Fleet, type OrderedKill } from './fleet.ts';
import { sampleServer, type ServerSample, since } from './server-sample.ts';
import { type Requests, summarize } from './summarize.ts';

export interface ScaleOptions {
  readonly agents: number;
  /** On each node. */
  readonly pods: number;
  /** In each of the two storms, on each node. */
  readonly kills: number;
  /** What the API server takes at once, reads and writes; its own 600 where absent. */
  readonly inFlight?: number | undefined;
}

/** What one part of the simulation came to. */
export interface Phase {
  readonly name: string;
  readonly seconds: number;
  /** Until what was to happen had happened. */
  readonly done: string;
  readonly requests: ReadonlyMap<string, Requests>;
  readonly server: ServerSample;
}

export interface ScaleResult {
  readonly kills: number;
  readonly events: number;
  /** Where the Events do not add up to the kills: a line each. */
  readonly wrong: readonly string[];
}

const AGENT = 'system:serviceaccount:oom-recorder:oom-recorder';

/** As long as an agent takes to check what it has, and the rest of that minute. */
const START_MS = 75_000;
const REST_MS = 60_000;
const STORM_MS = 5_000;
const AWAY_MS = 30_000;
const DONE_WITHIN_MS = 240_000;
const LOOK_EVERY_MS = 1000;
/** Behind the last answer that is waited for, what else comes of it. */
const QUIET_MS = 5_000;
const FAILED = 400;
const ALREADY_EXISTS = 409;
const FIRST_PID = 1000;
/** More than a node has kills. */
const PIDS_A_NODE = 1000;
/** kube-apiserver's own are 400 reads and 200 writes. */
const READS = 2 / 3;

/**
 * Agents against one API server: started all at once, at rest, in a storm of kills, and after the server was
 * away. Their kernel log is a file and their node empty; everything else is the real thing.
 */
export async function playScale(
  options: ScaleOptions,
  onPhase: (phase: Phase) => void,
): Promise<ScaleResult> {
  using files = new FastDirectory();
  const audit = new AuditLog(files.path, AGENT);
  const limits = limitsOf(options.inFlight);
  await using cluster = await startControlPlane({
    apiServerArgs: [...audit.apiServerArgs, ...limits],
  });
  const { kubeconfig } = await agentIdentity(cluster);
  const nodes = await fillCluster(cluster, options.agents, options.pods);
  using fleet = await Fleet.prepare(
    nodes.map(({ name }) => ({ name, directory: directoryFor(files, name) })),
  );
  const kills: (OrderedKill & WrittenKill)[] = [];
  const storm = (): void => {
    const more = planKills(nodes, options.kills, kills.length / nodes.length);
    kills.push(...more);
    fleet.kill(more);
  };
  const play = async (name: string, act: () => Promise<string>): Promise<void> => {
    const before = await sampleServer(cluster);
    const fromMs = Date.now();
    const done = await act();
    const seconds = (Date.now() - fromMs) / 1000;
    const requests = summarize(audit.between(fromMs));
    onPhase({ name, seconds, done, requests, server: since(before, await sampleServer(cluster)) });
  };
  const has = async (what: RegExp, count: number, sinceMs: number): Promise<string> => {
    const seconds = await untilAnswered(audit, what, count, sinceMs);
    await delay(QUIET_MS);
    return seconds;
  };

  const start = async (): Promise<string> => {
    const fromMs = Date.now();
    fleet.start(kubeconfig);
    const seconds = await has(/^watch pods$/, nodes.length, fromMs);
    await delay(fromMs + START_MS - Date.now());
    return `all watch their pods ${seconds}`;
  };

  await play('all start at once on new nodes', start);
  await play('at rest', async () => {
    await delay(REST_MS);
    return 'nothing happened';
  });
  await play(`${options.kills} kills on each node`, async () => {
    const fromMs = Date.now();
    storm();
    const seconds = await has(/^(?:create|patch) events$/, options.kills * nodes.length, fromMs);
    return `all have their Event ${seconds}, the kills took ${STORM_MS / 1000} s`;
  });
  await fleet.stop();
  await play('all start again at once', start);
  await play('the API server is away, and as many kills meanwhile', async () => {
    await cluster.stopApiServer();
    storm();
    await delay(AWAY_MS);
    const backMs = Date.now();
    // A machine that is busy has it ready late; whether it came the agents tell.
    await cluster.startApiServer().catch(() => undefined);
    const watched = await has(/^watch pods$/, nodes.length, backMs);
    const posted = await has(/^(?:create|patch) events$/, options.kills * nodes.length, backMs);
    return `after it was started again all watch their pods ${watched}, all have their Event ${posted}`;
  });

  const events = await allEvents(cluster, kills.length);
  return { kills: kills.length, events: events.length, wrong: wrongCounts(kills, events) };
}

function limitsOf(inFlight: number | undefined): readonly string[] {
  if (inFlight === undefined) return [];
  const reads = Math.round(inFlight * READS);
  return [
    `--max-requests-inflight=${reads}`,
    `--max-mutating-requests-inflight=${inFlight - reads}`,
  ];
}

function directoryFor({ path }: FastDirectory, name: string): string {
  const directory = join(path, name);
  mkdirSync(directory);
  return directory;
}

/** So many more on each node, each in the next of its pods, spread over a few seconds. */
function planKills(
  nodes: readonly FilledNode[],
  more: number,
  before: number,
): (OrderedKill & WrittenKill)[] {
  return nodes.flatMap(({ pods }, node) =>
    Array.from({ length: more }, (_, n) => {
      const pod = pods[(before + n) % pods.length];
      if (pod === undefined) throw new Error('a node without pods has no kills');
      return {
        node,
        pid: FIRST_PID + node * PIDS_A_NODE + before + n,
        cgroup: pod.cgroup,
        afterMs: Math.random() * STORM_MS,
        pod: pod.id,
        container: pod.container,
        isNodeRight: false,
        isSystemWide: false,
      };
    }),
  );
}

/** Waits until so many were answered well. @returns when the last of them was */
async function untilAnswered(
  audit: AuditLog,
  what: RegExp,
  count: number,
  fromMs: number,
): Promise<string> {
  for (;;) {
    const right = audit
      .between(fromMs)
      .filter((request) => what.test(request.what) && isDone(request.code));
    const last = right[count - 1];
    if (last !== undefined) return `in ${((last.atMs + last.tookMs - fromMs) / 1000).toFixed(1)} s`;
    if (Date.now() > fromMs + DONE_WITHIN_MS)
      return `NOT: ${right.length} of ${count} in ${DONE_WITHIN_MS / 1000} s`;
    await delay(LOOK_EVERY_MS);
  }
}

/** Of a create that was tried twice both may be answered well: only the Events tell when all are there. */
async function allEvents(cluster: ControlPlane, kills: number): Promise<readonly CoreV1Event[]> {
  const untilMs = Date.now() + DONE_WITHIN_MS;
  for (;;) {
    const events = await eventsOf(cluster);
    if (killsIn(events) >= kills || Date.now() > untilMs) return events;
    await delay(LOOK_EVERY_MS);
  }
}

/** A create that was done already, and whose answer came too late, is answered so when it is tried again. */
function isDone(code: number): boolean {
  return code < FAILED || code === ALREADY_EXISTS;
}
