import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { MAX_WAIT_MS } from '../../src/oom/group-wait.ts';
import { deleteEvents } from '../support/cluster-objects.ts';
import { killReport } from '../support/kill-report.ts';
import { spawnCrashAgent, whenReading } from '../support/spawn-crash-agent.ts';

export interface CrashPlan {
  /** How often the agent is killed. */
  readonly rounds: number;
  /** Over how many pods the kills are spread; a pod of its own for each kill where absent. */
  readonly pods?: number | undefined;
  /** How many Events a minute the agent may write; any number where absent. */
  readonly maxEventsPerMinute?: number | undefined;
  /** In [0, 1): the moments, and what kills are like. */
  readonly random: () => number;
}

/** What was killed, and what the API server knows of it in the end. */
export interface CrashResult {
  readonly kills: number;
  /** The kills whose context the kernel withheld: the Node's. */
  readonly bare: number;
  /** How many of the others each pod had. */
  readonly byPod: ReadonlyMap<string, number>;
  /** The counts of the Events of each object, `Pod/pod-7`. */
  readonly counts: ReadonlyMap<string, readonly number[]>;
  /** What waits in the outbox in the end, as the last agent says. */
  readonly waiting: string;
  /** What the agents warned of. */
  readonly warnings: string;
}

/** The agent needs 0.5 s to start; what comes after that is where it hurts. */
const MAX_LIFE_MS = 1200;
const KILL_EVERY_MS = 12;
/** One in so many kills is a bare line. */
const BARE_ONE_IN = 8;
/** client-go's bucket gains a token in 300 s. */
const TOKEN_MS = 301_000;
const MAX_SETTLING = 12;
/** The log may end with a bare kill, of which an agent that has just started is sure after so long. One that is stopped before leaves it to the next. */
const SETTLES_MS = 2 * MAX_WAIT_MS;

const SHOP = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });

interface EventList {
  readonly items: readonly {
    readonly count: number;
    readonly involvedObject: { readonly kind: string; readonly name: string };
  }[];
}

/** Kills an agent again and again while others are killed, and lets the last one finish. */
export async function crashRounds(cluster: ControlPlane, plan: CrashPlan): Promise<CrashResult> {
  await cluster.kubectl(['apply', '-f', '-'], { input: SHOP });
  await deleteEvents(cluster, ['shop', 'default']);
  const directory = mkdtempSync(join(tmpdir(), 'oom-recorder-crash-'));
  try {
    const run = new CrashRun(cluster, plan, directory);
    for (let round = 0; round < plan.rounds; round += 1) await run.round();
    return await run.finish();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * What is wrong: objects whose Events do not add up to their kills, where a pod killed once has one Event; what still
 * waits; and any warning, for nothing but the SIGKILLs disturbs these agents.
 */
export function crashFaults({ bare, byPod, counts, waiting, warnings }: CrashResult): string[] {
  const expected = new Map(byPod);
  if (bare > 0) expected.set('Node/crash-node', bare);
  const objects = new Set([...expected.keys(), ...counts.keys()]);
  const wrong = [...objects].flatMap((object) => {
    const kills = expected.get(object) ?? 0;
    const counted = counts.get(object) ?? [];
    const isRight = sumOf(counted) === kills && (kills > 1 || counted.length === 1);
    return isRight ? [] : [`${object}: ${kills} kills, Events with counts of ${counted.join(' ')}`];
  });
  if (wrong.length > 0 || !isEmpty(waiting)) wrong.push(`outbox: ${waiting}`);
  return warnings === '' ? wrong : [...wrong, warnings];
}

function isEmpty(waiting: string): boolean {
  return waiting.startsWith('{"rows":0');
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((a, b) => a + b, 0);
}

class CrashRun {
  readonly #cluster: ControlPlane;
  readonly #plan: CrashPlan;
  readonly #log: string;
  readonly #state: string;
  #sequence = 0;
  #kills = 0;
  #bare = 0;
  #warnings = '';
  readonly #byPod = new Map<string, number>();

  constructor(cluster: ControlPlane, plan: CrashPlan, directory: string) {
    this.#cluster = cluster;
    this.#plan = plan;
    this.#log = join(directory, 'kmsg');
    this.#state = join(directory, 'state');
    writeFileSync(this.#log, '');
  }

  async round(): Promise<void> {
    const agent = this.#spawn(0);
    await whenReading(agent);
    const endMs = performance.now() + this.#plan.random() * MAX_LIFE_MS;
    while (performance.now() < endMs) {
      if (this.#plan.random() < 0.3) this.#killOne();
      await delay(this.#plan.random() * KILL_EVERY_MS);
    }
    agent.kill('SIGKILL');
    await once(agent, 'close');
    for (let more = this.#plan.random() * 3; more > 1; more -= 1) this.#killOne();
  }

  /** Lets an agent finish, each time a token later, until nothing is held and nothing waits. */
  async finish(): Promise<CrashResult> {
    for (let turn = 0; ; turn += 1) {
      const waiting = await this.#settle(turn * TOKEN_MS);
      const result = await this.#result(waiting);
      const counted = [...result.counts.values()].reduce((sum, counts) => sum + sumOf(counts), 0);
      const isDone = isEmpty(waiting) && counted >= this.#kills;
      if (isDone || turn + 1 === MAX_SETTLING) return result;
    }
  }

  async #settle(aheadMs: number): Promise<string> {
    const agent = this.#spawn(aheadMs);
    let said = '';
    agent.stdout.on('data', (text) => (said += String(text)));
    await whenReading(agent);
    await delay(SETTLES_MS);
    agent.stdin.write('\n');
    await once(agent, 'close');
    return said.split('\n')[1] ?? '';
  }

  #spawn(aheadMs: number): ReturnType<typeof spawnCrashAgent> {
    const agent = spawnCrashAgent({
      log: this.#log,
      state: this.#state,
      kubeconfig: this.#cluster.kubeconfig,
      aheadMs,
      maxEventsPerMinute: this.#plan.maxEventsPerMinute,
    });
    agent.stderr.on('data', (text) => (this.#warnings += String(text)));
    return agent;
  }

  #killOne(): void {
    this.#kills += 1;
    const bare = this.#plan.random() * BARE_ONE_IN < 1;
    const pod = this.#kills % (this.#plan.pods ?? Infinity);
    const object = `Pod/pod-${pod}`;
    if (bare) this.#bare += 1;
    else this.#byPod.set(object, (this.#byPod.get(object) ?? 0) + 1);
    const records = killReport({
      sequence: this.#sequence,
      monotonicUs: Number(process.hrtime.bigint() / 1000n),
      pod,
      pid: 1000 + this.#kills,
      bare,
    });
    this.#sequence += records.length;
    for (const record of records) appendFileSync(this.#log, record);
  }

  async #result(waiting: string): Promise<CrashResult> {
    const counts = new Map<string, number[]>();
    const list: EventList = JSON.parse(
      await this.#cluster.kubectl(['get', 'events', '-A', '-o', 'json']),
    );
    for (const { count, involvedObject } of list.items) {
      const object = `${involvedObject.kind}/${involvedObject.name}`;
      if (!/^(?:Pod\/pod-|Node\/crash-node)/.test(object)) continue;
      counts.set(object, [...(counts.get(object) ?? []), count]);
    }
    const [kills, bare, byPod, warnings] = [this.#kills, this.#bare, this.#byPod, this.#warnings];
    return { kills, bare, byPod, counts, waiting, warnings };
  }
}
