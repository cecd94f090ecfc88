import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MountedDisk } from '../support/mounted-disk.ts';
import { ChaosAgent, type Peaks } from './chaos-agent.ts';
import type { FakeNode } from './fake-node.ts';
import type { Trouble } from './plan-troubles.ts';

export interface AgentSetup {
  readonly node: FakeNode;
  readonly nodeName: string;
  readonly kubeconfig: string;
  readonly directory: string;
  /** Whether its state may have a disk of its own, that can be full. */
  readonly canMount: boolean;
}

const STATE_KIB = 16_000;
/** After which the agent tries a state file again, and a bit. */
const REGAIN_MS = 61_000;
const STATE_WAIT_MS = 20_000;
/** Of a process that ended by itself, by the kubelet. */
const RESTART_MS = 1000;
const END_LIMIT_MS = 20_000;
const LOOK_EVERY_MS = 100;

/** The agent through all its restarts, and all that happens to it. */
export class AgentUnderTest implements AsyncDisposable {
  readonly #setup: AgentSetup;
  readonly #stateDir: string;
  readonly #disk: MountedDisk | undefined;
  readonly #wrong: string[] = [];
  #agent: ChaosAgent | undefined;
  #isMeantToRun = false;
  #starts = 0;
  #peaks: Peaks = { rssMb: 0, descriptors: 0 };
  /** Who stops it, kills it or throttles it waits for whoever did so before. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(setup: AgentSetup) {
    this.#setup = setup;
    this.#stateDir = join(setup.directory, 'state');
    mkdirSync(this.#stateDir);
    this.#disk = setup.canMount ? new MountedDisk(this.#stateDir, STATE_KIB) : undefined;
    process.once('exit', this.#abandon);
  }

  get restarts(): number {
    return this.#starts - 1;
  }

  get peaks(): Peaks {
    return higher(this.#peaks, this.#agent?.peaks);
  }

  /** What it did that it must not. */
  get wrong(): readonly string[] {
    return this.#wrong;
  }

  /** Starts it and waits until it watches the log. */
  async start(): Promise<void> {
    const { node, nodeName, kubeconfig, directory } = this.#setup;
    const flags = {
      kmsg: node.kmsg,
      'proc-root': node.procRoot,
      'cgroup-root': node.cgroupRoot,
      'node-name': nodeName,
      'state-dir': this.#stateDir,
      listen: '127.0.0.1:0',
      kubeconfig,
    };
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    this.#isMeantToRun = true;
    this.#starts += 1;
    const agent = new ChaosAgent(args, node.clockFile, join(directory, 'agent.log'));
    this.#agent = agent;
    void agent.ended.then(() => this.#whenEnded(agent));
    await agent.reads;
  }

  /** Ends it, where that costs it nothing it knows, and starts it again. */
  async restart(signal: 'SIGKILL' | 'SIGTERM', awayMs = 0): Promise<void> {
    await this.stateIsWritten();
    await this.#end(signal);
    await delay(awayMs);
    await this.start();
  }

  /** Resolves when this trouble is over. */
  async suffer(trouble: Trouble): Promise<void> {
    const { kind, lane, forMs } = trouble;
    if (lane === 'process') {
      this.#turn = this.#turn.then(() => this.#sufferAsProcess(kind, forMs));
      await this.#turn;
    }
    if (kind === 'clock') this.#setup.node.setClock(trouble.aheadMs);
    if (kind === 'descriptors') await this.#sufferShortage(forMs);
    if (kind === 'disk-full') await this.#sufferFullDisk(forMs);
  }

  async metrics(...names: readonly string[]): Promise<readonly number[] | undefined> {
    return this.#agent?.metrics(...names);
  }

  /** Until then a crash would cost it what its state file does not have. */
  async stateIsWritten(): Promise<void> {
    const untilMs = performance.now() + STATE_WAIT_MS;
    while (this.#agent?.isStateAway === true && performance.now() < untilMs) {
      await delay(LOOK_EVERY_MS);
    }
    if (this.#agent?.isStateAway === true) this.#wrong.push('the state file is not written again');
  }

  /** The minute after which a disk is looked at again has gone by. */
  letDiskBeTried(): void {
    const { node } = this.#setup;
    node.setClock(node.aheadMs + REGAIN_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#abandon);
    await this.#end('SIGKILL');
    cpSync(this.#stateDir, `${this.#stateDir}-left`, { recursive: true });
    this.#disk?.unmount();
  }

  async #sufferAsProcess(kind: Trouble['kind'], forMs: number): Promise<void> {
    if (kind === 'kill') return this.restart('SIGKILL', forMs);
    if (kind === 'term') return this.restart('SIGTERM', forMs);
    const agent = this.#agent;
    if (kind === 'throttle') agent?.throttle(true);
    else agent?.signal('SIGSTOP');
    await delay(forMs);
    agent?.throttle(false);
  }

  /** One that starts without a descriptor for its state would go on without it. */
  async #sufferShortage(forMs: number): Promise<void> {
    const agent = this.#agent;
    await agent?.reads;
    agent?.limitDescriptors(true);
    await delay(forMs);
    agent?.limitDescriptors(false);
  }

  async #sufferFullDisk(forMs: number): Promise<void> {
    const free = this.#disk?.fillUp();
    await delay(forMs);
    free?.();
    this.letDiskBeTried();
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#isMeantToRun = false;
    const agent = this.#agent;
    if (agent === undefined) return;
    agent.signal(signal);
    const late = setTimeout(() => {
      this.#wrong.push(`the agent did not end within ${END_LIMIT_MS} ms of ${signal}`);
      agent.signal('SIGKILL');
    }, END_LIMIT_MS);
    await agent.ended;
    clearTimeout(late);
  }

  async #whenEnded(agent: ChaosAgent): Promise<void> {
    this.#peaks = higher(this.#peaks, agent.peaks);
    if (!this.#isMeantToRun || agent !== this.#agent) return;
    this.#wrong.push(`the agent ended by itself: ${agent.end}`);
    await delay(RESTART_MS);
    if (agent === this.#agent) await this.start();
  }

  /** This process ends before the run does. */
  readonly #abandon = (): void => {
    this.#agent?.signal('SIGKILL');
    this.#disk?.unmount();
  };
}

function higher(one: Peaks, { rssMb, descriptors }: Peaks = one): Peaks {
  return {
    rssMb: Math.max(one.rssMb, rssMb),
    descriptors: Math.max(one.descriptors, descriptors),
  };
}
