import { randomUUID } from 'node:crypto';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { ApiClient } from '../../src/kube/api-client.ts';
import { loadKubeconfig } from '../../src/kube/load-cluster.ts';
import { text } from '../../src/kube/loose-json.ts';
import { running } from './pod-json.ts';

const PODS_PATH = '/api/v1/namespaces/default/pods';
const CONTAINERS = ['app', 'sidecar', 'exporter'];
/** With what managed fields make of it, a pod is about 8 KB of JSON. */
const BALLAST_BYTES = 1000;
const AT_ONCE = 8;

/** Creates pods of three containers that run on this node; resolves to the cgroup of each pod's first. */
export async function crowdNode(
  cluster: ControlPlane,
  node: string,
  count: number,
): Promise<readonly string[]> {
  await using client = new ApiClient(loadKubeconfig(cluster.kubeconfig, {}));
  const left = Array.from({ length: count }, (_, n) => `${node}-${n}`);
  const cgroups: string[] = [];
  const create = async (): Promise<void> => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      cgroups.push(await createRunning(client, node, name));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, create));
  return cgroups;
}

async function createRunning(client: ApiClient, nodeName: string, name: string): Promise<string> {
  const containers = CONTAINERS.map((container) => ({
    name: container,
    image: 'none.example/none',
    env: [{ name: 'BALLAST', value: 'x'.repeat(BALLAST_BYTES) }],
    resources: { limits: { memory: '512Mi' } },
  }));
  const pod = { metadata: { name }, spec: { nodeName, containers } };
  const created = await client.write({
    method: 'POST',
    path: PODS_PATH,
    contentType: 'application/json',
    body: JSON.stringify(pod),
  });
  const ids = CONTAINERS.map(() => `${randomUUID()}${randomUUID()}`.replaceAll('-', ''));
  const containerStatuses = CONTAINERS.map((container, n) => ({
    name: container,
    image: 'none.example/none',
    imageID: '',
    ...running(ids[n] ?? ''),
  }));
  await client.write({
    method: 'PATCH',
    path: `${PODS_PATH}/${name}/status`,
    contentType: 'application/merge-patch+json',
    body: JSON.stringify({ status: { phase: 'Running', containerStatuses } }),
  });
  return `/kubepods/burstable/pod${text(created, 'metadata', 'uid')}/${ids[0]}`;
}
