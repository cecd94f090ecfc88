import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A node that has an agent, and where its files are. */
export interface AgentNode {
  readonly name: string;
  readonly directory: string;
}

/** A kill that the kernel of a node is to tell. */
export interface OrderedKill {
  /** Which of the nodes. */
  readonly node: number;
  readonly pid: number;
  readonly cgroup: string;
  /** From now. */
  readonly afterMs: number;
}

/** What a process with agents is told. */
export type Order =
  | { readonly do: 'prepare'; readonly nodes: readonly AgentNode[] }
  | { readonly do: 'start'; readonly kubeconfig: string }
  | { readonly do: 'kill'; readonly kills: readonly OrderedKill[] }
  | { readonly do: 'stop' };

const AGENTS = join(import.meta.dirname, 'agents.ts');
const TAIL_KMSG = join(import.meta.dirname, '../support/tail-kmsg.ts');
const AGENTS_A_PROCESS = 20;

/** An agent for each node, twenty to a process. */
export class Fleet implements Disposable {
  readonly #processes: readonly ChildProcess[];

  private constructor(processes: readonly ChildProcess[]) {
    this.#processes = processes;
  }

  /** Everything but the agents' start is done when this resolves. */
  static async prepare(nodes: readonly AgentNode[]): Promise<Fleet> {
    const processes: ChildProcess[] = [];
    for (let from = 0; from < nodes.length; from += AGENTS_A_PROCESS) {
      const child = fork(AGENTS, { execArgv: ['--import', TAIL_KMSG] });
      child.send({
        do: 'prepare',
        nodes: nodes.slice(from, from + AGENTS_A_PROCESS),
      } satisfies Order);
      processes.push(child);
    }
    await Promise.all(processes.map((child) => once(child, 'message')));
    return new Fleet(processes);
  }

  /** All at once. */
  start(kubeconfig: string): void {
    for (const child of this.#processes) child.send({ do: 'start', kubeconfig } satisfies Order);
  }

  kill(kills: readonly OrderedKill[]): void {
    for (const [n, child] of this.#processes.entries()) {
      const first = n * AGENTS_A_PROCESS;
      const own = kills
        .map((kill) => ({ ...kill, node: kill.node - first }))
        .filter(({ node }) => node >= 0 && node < AGENTS_A_PROCESS);
      child.send({ do: 'kill', kills: own } satisfies Order);
    }
  }

  /** They end as a DaemonSet's pods do, and can be started again. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#processes.map(async (child) => {
        child.send({ do: 'stop' } satisfies Order);
        await once(child, 'message');
      }),
    );
  }

  [Symbol.dispose](): void {
    for (const child of this.#processes) child.kill('SIGKILL');
  }
}
