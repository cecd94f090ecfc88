import { describe, expect, vi } from 'vitest';
import { createNode, createPod } from '../support/cluster-objects.ts';
import { oom, testWithPlugin } from '../support/kubectl-plugin.ts';

/** The first test waits for the cluster and the bundle as well. */
vi.setConfig({ testTimeout: 240_000 });

const test = testWithPlugin();

describe('kubectl oom --from-node', () => {
  test('says of which nodes nothing could be had, and fails', async ({ plugin }) => {
    const { cluster } = plugin;
    await createNode(cluster, 'node-1');
    await createNode(cluster, 'node-2');
    const agent = { name: 'agent', namespace: 'oom-recorder', node: 'node-1' };
    await createPod(cluster, { ...agent, containers: [{ name: 'agent', id: 'b' }] });
    const label = ['label', 'pod', 'agent', 'app.kubernetes.io/name=oom-recorder'];
    await cluster.kubectl([...label, '-n', 'oom-recorder']);
    // There is no kubelet in this cluster.
    const { code, stdout, stderr } = await oom(plugin, '-n', 'shop', '--since=2h');
    expect(stderr).toMatch(/node-1: no preferred addresses found/);
    expect(stderr).toMatch(/node-2: no agent runs there in namespace oom-recorder/);
    expect([code, stdout]).toEqual([1, '']);
  });

  const rights = [
    ['get', 'create'],
    ['create', 'get'],
  ] as const;
  for (const [missing, given] of rights) {
    test(`says that it may not ${missing} a port-forward`, async ({ plugin }) => {
      const { cluster } = plugin;
      const inside = ['-n', 'oom-recorder'];
      const name = `reader-${given}`;
      await cluster.kubectl(['create', 'serviceaccount', name, ...inside]);
      const rules = [
        { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
        { apiGroups: [''], resources: ['pods/portforward'], verbs: [given] },
      ];
      const role = {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name, namespace: 'oom-recorder' },
        rules,
      };
      await cluster.kubectl(['create', '-f', '-'], { input: JSON.stringify(role) });
      const binding = ['create', 'rolebinding', name, `--role=${name}`];
      await cluster.kubectl([...binding, `--serviceaccount=oom-recorder:${name}`, ...inside]);
      const { kubeconfig } = await cluster.tokenFor('oom-recorder', name);
      const { stderr } = await oom(
        plugin,
        '-n',
        'shop',
        '--from-node',
        `--kubeconfig=${kubeconfig}`,
      );
      expect(stderr).toMatch(
        new RegExp(
          `node-1: pods "agent" is forbidden: .* cannot ${missing} resource "pods/portforward"`,
        ),
      );
    });
  }
});
