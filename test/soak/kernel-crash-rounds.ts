import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CoreV1Event } from '@kubernetes/client-node';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { createNode, createPod, deleteEvents } from '../support/cluster-objects.ts';
import { killsOfTheKernel } from '../support/kernel-kills.ts';
import { makeKill } from '../support/oom-kills.ts';
import { spawnAgent, type SpawnedAgent } from '../support/spawn-agent.ts';

export interface KernelCrashPlan {
  /** How often the agent is killed. */
  readonly rounds: number;
  /** In [0, 1): the moments, and what is killed then. */
  readonly random: () => number;
}

/** What the kernel killed, and what the API server knows of it in the end. */
export interface KernelCrashResult {
  /** By `/proc/vmstat` `oom_kill`; those this run made, unless somebody else makes some as well. */
  readonly counted: number;
  readonly kills: readonly CrashKill[];
  readonly events: readonly CoreV1Event[];
  /** Records that the log lost before an agent read them: what was in them cannot be counted. */
  readonly recordsLost: number;
}

/** One real kill. */
export interface CrashKill {
  readonly pod: string;
  readonly pid: number;
  /** While no agent ran. */
  readonly whileAway: boolean;
}

interface CrashPod {
  readonly name: string;
  readonly uid: string;
  readonly containerId: string;
  kills: number;
  /** Somebody is being killed in it. */
  isBusy: boolean;
}

const NODE = 'crash-node';
const NAMESPACE = 'crash';

/** The agent needs 0.6 s until it reads; what comes after that is where it hurts. */
const MAX_LIFE_MS = 2000;
/** Of every second agent that life begins when it reads: on a busy machine none of the others comes to it. */
const READS_EVERY = 2;
/** Nine similar Events are Events of their own; more would be combined. */
const MAX_KILLS_OF_A_POD = 6;
/** The kernel prints the context of ten kills in five seconds. */
const STORM = 14;
const STORM_EVERY = 5;
const POD_GOES_ONE_IN = 4;

/** client-go's bucket gains a token in 300 s; what is held then is written. */
const TOKEN_MS = 301_000;
const MAX_SETTLING = 30;
/** An agent that was here before lists its pods within 10 s, and a withheld kill waits as long for a status. */
const SETTLE_MS = 40_000;

/**
 * Kills the real agent again and again while the real kernel kills processes in pods of a real API
 * server: also while the agent is away, also pods that are deleted before it is back, also more at
 * once than the kernel explains. Where the kernel's log loses records, it ends with what there is.
 */
export async function kernelCrashRounds(
  cluster: ControlPlane,
  plan: KernelCrashPlan,
): Promise<KernelCrashResult> {
  const directory = mkdtempSync(join(tmpdir(), 'oom-recorder-crash-'));
  try {
    const run = new KernelCrashRun(cluster, plan, directory);
    await run.prepare();
    for (let round = 1; round <= plan.rounds && !run.hasLost; round += 1) await run.round(round);
    return await run.finish();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** How often something happened to an object, by `Pod/NAME`, or `Node/crash-node`. */
export function countsOf(events: readonly CoreV1Event[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { involvedObject, count = 0 } of events) {
    const object = `${involvedObject.kind}/${involvedObject.name}`;
    counts.set(object, (counts.get(object) ?? 0) + count);
  }
  return counts;
}

/** What does not add up: nothing, or one line each. */
export function wrongKills({ counted, kills, events, recordsLost }: KernelCrashResult): string[] {
  if (recordsLost > 0)
    return [`the kernel's log lost ${recordsLost} records unread: a quieter machine is needed`];
  const counts = countsOf(events);
  const sum = [...counts.values()].reduce((a, b) => a + b, 0);
  const wrong = [];
  if (counted !== kills.length) wrong.push(`${kills.length} kills made, the kernel saw ${counted}`);
  if (sum !== kills.length) wrong.push(`${kills.length} kills, ${sum} counted in Events`);
  for (const [object, count] of counts) {
    const made = kills.filter(({ pod }) => `Pod/${pod}` === object).length;
    if (object.startsWith('Pod/') && count > made) wrong.push(`${object}: ${count} of ${made}`);
  }
  const pids = events.flatMap(({ metadata, count }) =>
    count === 1 ? [metadata.annotations?.['oom-recorder.dev/victim-pid'] ?? []].flat() : [],
  );
  // A busy machine's pids come again within minutes.
  for (const pid of new Set(pids)) {
    const made = kills.filter((kill) => String(kill.pid) === pid).length;
    const told = pids.filter((one) => one === pid).length;
    if (told > made) wrong.push(`${told} Events of pid ${pid}, of which ${made} were killed`);
  }
  return wrong;
}

class KernelCrashRun {
  readonly #cluster: ControlPlane;
  readonly #plan: KernelCrashPlan;
  readonly #stateDir: string;
  readonly #countedBefore = killsOfTheKernel();
  readonly #kills: CrashKill[] = [];
  #pods: CrashPod[] = [];
  #podsMade = 0;
  #recordsLost = 0;

  constructor(cluster: ControlPlane, plan: KernelCrashPlan, directory: string) {
    this.#cluster = cluster;
    this.#plan = plan;
    this.#stateDir = join(directory, 'state');
  }

  get hasLost(): boolean {
    return this.#recordsLost > 0;
  }

  /** A first agent leaves a cursor: kills of before are not ours. */
  async prepare(): Promise<void> {
    await createNode(this.#cluster, NODE);
    await this.#makePods();
    await deleteEvents(this.#cluster, ['shop', 'default']);
    const agent = this.#spawn(0, '--start-at=now');
    await agent.reads;
    await delay(MAX_LIFE_MS);
    await end(agent, 'SIGTERM');
  }

  /** @param number from 1 */
  async round(number: number): Promise<void> {
    const agent = this.#spawn(0);
    if (number % READS_EVERY === 0) await agent.reads;
    const lifeMs = this.#random(MAX_LIFE_MS);
    const kills = number % STORM_EVERY === 0 ? STORM : this.#random(3);
    const made = Array.from({ length: kills }, () => this.#killOne(this.#random(lifeMs), false));
    await delay(lifeMs);
    await end(agent, 'SIGKILL');
    made.push(...Array.from({ length: this.#random(3) }, () => this.#killOne(0, true)));
    await Promise.all(made);
    await this.#letPodsGo();
    await this.#makePods();
  }

  /** Lets an agent finish, each time a token later, until the Events account for every kill. */
  async finish(): Promise<KernelCrashResult> {
    for (let turn = 0; turn < MAX_SETTLING && !this.hasLost; turn += 1) {
      const agent = this.#spawn(turn * TOKEN_MS);
      const untilMs = performance.now() + SETTLE_MS;
      while (performance.now() < untilMs && !(await this.#isComplete())) await delay(500);
      await end(agent, 'SIGTERM');
      if (await this.#isComplete()) break;
    }
    const counted = killsOfTheKernel() - this.#countedBefore;
    const events = await this.#events();
    return { counted, kills: this.#kills, events, recordsLost: this.#recordsLost };
  }

  /** A whole number in [0, below). */
  #random(below: number): number {
    return Math.floor(this.#plan.random() * below);
  }

  async #killOne(afterMs: number, whileAway: boolean): Promise<void> {
    await delay(afterMs);
    const idle = this.#pods.filter(({ isBusy }) => !isBusy);
    const pod = idle[this.#random(idle.length)];
    if (pod === undefined) return;
    pod.kills += 1;
    pod.isBusy = true;
    const { uid, containerId: container, name } = pod;
    const { pid } = await makeKill({ pod: uid, container, limit: '8M' });
    pod.isBusy = false;
    this.#kills.push({ pod: name, pid, whileAway });
  }

  async #letPodsGo(): Promise<void> {
    const isToGo = (pod: CrashPod): boolean =>
      pod.kills > MAX_KILLS_OF_A_POD || (pod.kills > 0 && this.#random(POD_GOES_ONE_IN) < 1);
    const gone = this.#pods.filter((pod) => isToGo(pod));
    if (gone.length === 0) return;
    const names = gone.map(({ name }) => name);
    const now = ['-n', NAMESPACE, '--force', '--grace-period=0', '--wait=false'];
    await this.#cluster.kubectl(['delete', 'pod', ...names, ...now]);
    this.#pods = this.#pods.filter((pod) => !gone.includes(pod));
  }

  /** As many as a storm has kills. */
  async #makePods(): Promise<void> {
    const missing = Array.from({ length: STORM - this.#pods.length }, () => this.#makePod());
    this.#pods.push(...(await Promise.all(missing)));
  }

  async #makePod(): Promise<CrashPod> {
    this.#podsMade += 1;
    const name = `pod-${this.#podsMade}`;
    const containerId = randomBytes(32).toString('hex');
    const containers = [{ name: 'app', id: containerId, memory: '8Mi' }];
    const where = { namespace: NAMESPACE, node: NODE };
    const uid = await createPod(this.#cluster, { name, ...where, containers });
    return { name, uid, containerId, kills: 0, isBusy: false };
  }

  #spawn(aheadMs: number, ...more: readonly string[]): SpawnedAgent {
    const args = [
      `--kubeconfig=${this.#cluster.kubeconfig}`,
      `--node-name=${NODE}`,
      `--state-dir=${this.#stateDir}`,
      '--listen=none',
      ...more,
    ];
    const env = { CLOCK_AHEAD_MS: String(aheadMs) };
    // While it read, or while none did: a line may be cut off by the SIGKILL.
    const onLine = (line: string): void => {
      this.#recordsLost += Number(/"lost":(?<records>\d+),/.exec(line)?.groups?.['records'] ?? 0);
    };
    return spawnAgent({ args, env, preloads: ['clock-ahead.ts'], onLine });
  }

  async #isComplete(): Promise<boolean> {
    const counts = [...countsOf(await this.#events()).values()];
    return counts.reduce((a, b) => a + b, 0) >= this.#kills.length;
  }

  async #events(): Promise<readonly CoreV1Event[]> {
    const selector = '--field-selector=reason=OOMKilling';
    const text = await this.#cluster.kubectl(['get', 'events', '-A', selector, '-o', 'json']);
    return (JSON.parse(text) as { items: CoreV1Event[] }).items;
  }
}

/** Ends it with a signal. */
async function end({ child, ended }: SpawnedAgent, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  await ended;
}
