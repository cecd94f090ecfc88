import { Readable } from 'node:stream';
import { runCli } from '../../src/cli.ts';
import type { Edge } from '../../src/edge.ts';
import { FakeNode } from '../chaos/fake-node.ts';
import { SYSTEM_CLOCK } from '../support/system-clock.ts';
import type { AgentNode, Order } from './fleet.ts';

interface SimulatedNode extends AgentNode {
  readonly files: FakeNode;
}

/**
 * Several agents in one process, for want of memory: each is `oom-recorder run` on a node of its own, whose
 * kernel log is a file (`--import tail-kmsg.ts`). What to do comes as messages.
 */
const nodes: SimulatedNode[] = [];
let stopping = new AbortController();
let running: readonly Promise<void>[] = [];

process.on('message', (order: Order) => {
  switch (order.do) {
    case 'prepare':
      nodes.push(...order.nodes.map((node) => ({ ...node, files: new FakeNode(node.directory) })));
      process.send?.('prepared');
      return;
    case 'start':
      stopping = new AbortController();
      running = nodes.map((node) => startAgent(node, order.kubeconfig));
      return;
    case 'kill':
      for (const { node, pid, cgroup, afterMs } of order.kills)
        setTimeout(() => nodes[node]?.files.kill({ how: 'told', pid, cgroup }), afterMs);
      return;
    case 'stop':
      stopping.abort();
      void Promise.all(running).then(() => process.send?.('stopped'));
  }
});

process.on('disconnect', () => process.exit()); // nobody is left to tell anything

async function startAgent(
  { name, directory, files }: SimulatedNode,
  kubeconfig: string,
): Promise<void> {
  const flags = {
    kmsg: files.kmsg,
    'proc-root': files.procRoot,
    'cgroup-root': files.cgroupRoot,
    'node-name': name,
    'state-dir': `${directory}/state`,
    listen: 'none',
    kubeconfig,
    'log-level': 'error',
  };
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  const { signal } = stopping;
  const code = await runCli(['node', 'oom-recorder', 'run', ...args], { ...edge, signal });
  if (code !== 0) console.error(`the agent of ${name} ended with ${code}`);
}

const edge: Omit<Edge, 'signal'> = {
  env: {},
  stdin: Readable.from([]),
  print: () => undefined,
  flush: () => Promise.resolve(),
  printError: (text) => process.stderr.write(text),
  isTerminal: false,
  clock: SYSTEM_CLOCK,
  onExit: () => () => undefined,
  runtime: process,
};
