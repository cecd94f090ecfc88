import { describe, expect, vi } from 'vitest';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { ApiClient } from '../../src/kube/api-client.ts';
import { loadKubeconfig } from '../../src/kube/load-cluster.ts';
import { kubePods } from '../../src/reflector/kube-pods.ts';
import { LiveAttributor } from '../../src/pods/live-attributor.ts';
import { LiveDirectory } from '../../src/reflector/live-directory.ts';
import { anEpisode } from '../support/an-episode.ts';
import { testWithCluster } from '../support/cluster.ts';
import { createPod } from '../support/cluster-objects.ts';
import { hexId } from '../support/realistic-pod.ts';

const test = testWithCluster();

const NODE = 'node-1';
const HASH = '0123456789abcdef0123456789abcdef';
const ID = hexId('etcd');
const CGROUP = `/kubepods/burstable/pod${HASH}/${ID}`;
const annotations = {
  'kubernetes.io/config.hash': HASH,
  'kubernetes.io/config.mirror': HASH,
};
const status = {
  phase: 'Running',
  containerStatuses: [
    {
      name: 'etcd',
      containerID: `containerd://${ID}`,
      image: 'none.example/none',
      imageID: '',
      ready: true,
      restartCount: 0,
      state: { running: { startedAt: new Date().toISOString() } },
    },
  ],
};
/** With everything that a mirror has, its status included. */
const forged = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `etcd-${NODE}`, namespace: 'tenant', annotations },
  spec: { nodeName: NODE, containers: [{ name: 'etcd', image: 'none.example/none' }] },
  status,
});

/** Somebody who has what the role `edit` grants in a namespace, and nothing else. */
async function tenantOf(cluster: ControlPlane): Promise<string> {
  await cluster.kubectl(['create', 'namespace', 'tenant']);
  await cluster.kubectl(['create', 'serviceaccount', 'editor', '-n', 'tenant']);
  const binding = ['--clusterrole=system:aggregate-to-edit', '--serviceaccount=tenant:editor'];
  await cluster.kubectl(['create', 'rolebinding', 'editor', '-n', 'tenant', ...binding]);
  const { kubeconfig } = await cluster.tokenFor('tenant', 'editor');
  return kubeconfig;
}

async function startAgent(cluster: ControlPlane) {
  const client = new ApiClient(loadKubeconfig(cluster.kubeconfig, {}));
  const directory = new LiveDirectory(Date.now);
  const following = directory.follow(kubePods(client, NODE), { random: Math.random });
  await vi.waitUntil(() => directory.state.live, { timeout: 10_000 });
  const attributor = new LiveAttributor(directory, { nowMs: Date.now });
  return {
    directory,
    /** Nobody while that must wait for news of the pods. */
    subjectsOfKill: () => {
      const episode = anEpisode({ taskMemcg: CGROUP, oomMemcg: CGROUP });
      return attributor
        .attribute(episode, 0)
        .attribution?.subjects.map((subject) =>
          subject.kind === 'pod' ? subject.pod.namespace : 'node',
        );
    },
    async [Symbol.asyncDispose]() {
      following.unsubscribe();
      await client[Symbol.asyncDispose]();
    },
  };
}

describe('a tenant who forges the mirror of a static pod before the agent comes', () => {
  test('has none of its kills, neither then nor when the forged pod is gone', async ({
    cluster,
  }) => {
    const kubeconfig = await tenantOf(cluster);
    const asTenant = (args: readonly string[], input = '') =>
      cluster.kubectl([...args, '-n', 'tenant'], { kubeconfig, input });
    await vi.waitFor(() => asTenant(['create', '-f', '-'], forged), { timeout: 5000 });
    const patch = ['patch', 'pod', `etcd-${NODE}`, '--subresource=status', '-p'];
    await expect(asTenant([...patch, JSON.stringify({ status })])).rejects.toThrow(
      /cannot \w+ resource "pods\/status"/,
    );

    await using agent = await startAgent(cluster);
    const [thief] = agent.directory.entries();
    expect(thief).toMatchObject({ namespace: 'tenant', cgroupUid: HASH });
    expect(thief?.containers).toEqual([{ name: 'etcd', list: 'containers', ids: [] }]);

    expect(agent.subjectsOfKill()).toBeUndefined();
    const containers = [{ name: 'etcd', id: ID }];
    const namespace = 'kube-system';
    await createPod(cluster, {
      name: `etcd-${NODE}`,
      namespace,
      node: NODE,
      annotations,
      containers,
    });
    await expect.poll(() => agent.subjectsOfKill()).toEqual(['kube-system']);

    await asTenant(['delete', 'pod', `etcd-${NODE}`, '--grace-period=0', '--force']);
    await vi.waitUntil(() =>
      agent.directory.entries().some(({ deletedAtMs }) => deletedAtMs !== undefined),
    );
    expect(agent.subjectsOfKill()).toEqual(['kube-system']);
  });
});
