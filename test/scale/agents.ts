import { Readable } from 'node:stream';
import { runCli } from '../../src/cli.ts';
import type { Edge } from '../../src/edge.ts';
import { FakeNode } from '../chaos/fake-node.ts';
import { SYSTEM_CLOCK } from '../support/system-clock.ts';
import type { Order } from './fleet.ts';

/**
 * Several agents in one process, for want of memory: each is `oom-recorder run` on a node of its own, whose
 * kernel log is a file (`--import tail-kmsg.ts`). What to do comes as messages.
 */
const stopping = new AbortController();
const nodes: FakeNode[] = [];
const running: Promise<unknown>[] = [];

process.on('message', (order: Order) => {
  switch (order.do) {
    case 'prepare':
      nodes.push(...order.nodes.map(({ directory }) => new FakeNode(directory)));
      process.send?.('prepared');
      return;
    case 'start':
      for (const [n, { name, directory }] of order.nodes.entries())
        running.push(startAgent(nodes[n], name, directory, order.kubeconfig));
      return;
    case 'kill':
      for (const { node, pid, cgroup, afterMs } of order.kills)
        setTimeout(() => nodes[node]?.kill({ how: 'told', pid, cgroup }), afterMs);
      return;
    case 'stop':
      stopping.abort();
      void Promise.all(running).then(() => process.disconnect());
  }
});

async function startAgent(
  node: FakeNode | undefined,
  name: string,
  directory: string,
  kubeconfig: string,
): Promise<void> {
  if (node === undefined) throw new Error(`${name} is not prepared`);
  const flags = {
    kmsg: node.kmsg,
    'proc-root': node.procRoot,
    'cgroup-root': node.cgroupRoot,
    'node-name': name,
    'state-dir': `${directory}/state`,
    listen: 'none',
    kubeconfig,
    'log-level': 'error',
  };
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  const code = await runCli(['node', 'oom-recorder', 'run', ...args], edge);
  if (code !== 0) console.error(`the agent of ${name} ended with ${code}`);
}

const edge: Edge = {
  env: {},
  stdin: Readable.from([]),
  print: () => undefined,
  flush: () => Promise.resolve(),
  printError: (text) => process.stderr.write(text),
  isTerminal: false,
  clock: SYSTEM_CLOCK,
  onExit: () => () => undefined,
  runtime: process,
  signal: stopping.signal,
};
