import { setTimeout as delay } from 'node:timers/promises';
import { ChaosAgent, type Peaks } from './chaos-agent.ts';
import type { FakeNode } from './fake-node.ts';

export interface AgentSetup {
  readonly node: FakeNode;
  readonly nodeName: string;
  readonly kubeconfig: string;
  readonly stateDir: string;
  readonly logFile: string;
}

/** After which the agent tries a state file again, and a bit. */
export const REGAIN_MS = 61_000;
const REGAIN_TRIES = 20;
const REGAIN_EVERY_MS = 2000;
/** Of a process that ended by itself, by the kubelet. */
const RESTART_MS = 1000;
const END_LIMIT_MS = 20_000;

/** The agent through all its restarts. */
export class AgentUnderTest implements AsyncDisposable {
  readonly #setup: AgentSetup;
  readonly #wrong: string[] = [];
  #agent: ChaosAgent | undefined;
  #isMeantToRun = false;
  #starts = 0;
  #peaks: Peaks = { rssMb: 0, descriptors: 0 };

  constructor(setup: AgentSetup) {
    this.#setup = setup;
    process.once('exit', this.#abandon);
  }

  /** The process it is now. */
  get current(): ChaosAgent | undefined {
    return this.#agent;
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
    const { node, nodeName, kubeconfig, stateDir, logFile } = this.#setup;
    const flags = {
      kmsg: node.kmsg,
      'proc-root': node.procRoot,
      'cgroup-root': node.cgroupRoot,
      'node-name': nodeName,
      'state-dir': stateDir,
      listen: '127.0.0.1:0',
      kubeconfig,
    };
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    this.#isMeantToRun = true;
    this.#starts += 1;
    const agent = new ChaosAgent(args, node.clockFile, logFile);
    this.#agent = agent;
    void agent.ended.then(() => this.#whenEnded(agent));
    await agent.reads;
  }

  /** Ends it, where that costs it nothing it knows, and starts it again. */
  async restart(signal: 'SIGKILL' | 'SIGTERM', awayMs = 0): Promise<void> {
    await this.#stateIsWritten();
    await this.#end(signal);
    await delay(awayMs);
    await this.start();
  }

  async metrics(...names: readonly string[]): Promise<readonly number[] | undefined> {
    return this.#agent?.metrics(...names);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#abandon);
    await this.#end('SIGKILL');
  }

  /** Until then its end would cost it what its state file does not have. Whoever sets the clock may delay that. */
  async #stateIsWritten(): Promise<void> {
    for (let tried = 0; this.#agent?.isStateAway === true; tried += 1) {
      if (tried === REGAIN_TRIES) {
        this.#wrong.push('the state file is not written again');
        return;
      }
      this.#setup.node.letTimePass(REGAIN_MS);
      await delay(REGAIN_EVERY_MS);
    }
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
  };
}

function higher(one: Peaks, { rssMb, descriptors }: Peaks = one): Peaks {
  return {
    rssMb: Math.max(one.rssMb, rssMb),
    descriptors: Math.max(one.descriptors, descriptors),
  };
}
