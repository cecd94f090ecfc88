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
  | { readonly do: 'start'; readonly nodes: readonly AgentNode[]; readonly kubeconfig: string }
  | { readonly do: 'kill'; readonly kills: readonly OrderedKill[] }
  | { readonly do: 'stop' };

const AGENTS = join(import.meta.dirname, 'agents.ts');
const TAIL_KMSG = join(import.meta.dirname, '../support/tail-kmsg.ts');
const AGENTS_A_PROCESS = 20;

interface Part {
  readonly child: ChildProcess;
  readonly nodes: readonly AgentNode[];
}

/** An agent for each node, twenty to a process. */
export class Fleet implements AsyncDisposable {
  readonly #parts: readonly Part[];

  private constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  /** Everything but the agents' start is done when this resolves. */
  static async prepare(nodes: readonly AgentNode[]): Promise<Fleet> {
    const parts: Part[] = [];
    for (let from = 0; from < nodes.length; from += AGENTS_A_PROCESS) {
      const child = fork(AGENTS, { execArgv: ['--import', TAIL_KMSG] });
      parts.push({ child, nodes: nodes.slice(from, from + AGENTS_A_PROCESS) });
    }
    await Promise.all(
      parts.map(async ({ child, nodes: own }) => {
        child.send({ do: 'prepare', nodes: own } satisfies Order);
        await once(child, 'message');
      }),
    );
    return new Fleet(parts);
  }

  /** All at once. */
  start(kubeconfig: string): void {
    for (const { child, nodes } of this.#parts)
      child.send({ do: 'start', nodes, kubeconfig } satisfies Order);
  }

  kill(kills: readonly OrderedKill[]): void {
    for (const [n, { child }] of this.#parts.entries()) {
      const first = n * AGENTS_A_PROCESS;
      const own = kills
        .map((kill) => ({ ...kill, node: kill.node - first }))
        .filter(({ node }) => node >= 0 && node < AGENTS_A_PROCESS);
      child.send({ do: 'kill', kills: own } satisfies Order);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#parts.map(async ({ child }) => {
        if (child.exitCode !== null) return;
        const ended = once(child, 'exit');
        child.send({ do: 'stop' } satisfies Order);
        await ended;
      }),
    );
  }
}
