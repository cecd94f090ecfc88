import { expect, vi } from 'vitest';
import { startAgent } from '../support/agent-process.ts';
import { testWithCluster } from '../support/cluster.ts';

const test = testWithCluster();

test('a Node that the cluster does not have is said once, with what to do', async ({ cluster }) => {
  const flags = ['--kmsg=/dev/kmsg', '--start-at=now', '--listen=none', '--log-format=json'];
  await using agent = await startAgent([
    `--kubeconfig=${cluster.kubeconfig}`,
    '--node-name=no-such-node',
    ...flags,
  ]);
  const isSaid = (line: string): boolean => line.includes('the cluster has no Node of this name');
  await vi.waitUntil(() => agent.log.some(isSaid), { timeout: 15_000 });
  expect(agent.log.filter(isSaid)).toHaveLength(1);
  expect(agent.log.find(isSaid)).toContain('"node":"no-such-node"');
  expect(agent.log.join('\n')).not.toContain('the node’s uid is not known');
});
