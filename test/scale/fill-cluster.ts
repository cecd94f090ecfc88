import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { ApiClient } from '../../src/kube/api-client.ts';
import { loadKubeconfig } from '../../src/kube/load-cluster.ts';
import { text } from '../../src/kube/loose-json.ts';
import { ensureNamespace } from '../support/cluster-objects.ts';
import { hexId, realisticPod } from '../support/realistic-pod.ts';

/** A Pod that is there, and the cgroup of its first container. */
export interface FilledPod {
  /** `namespace/name/uid`. */
  readonly id: string;
  readonly container: string;
  readonly cgroup: string;
}

export interface FilledNode {
  readonly name: string;
  readonly pods: readonly FilledPod[];
}

/** The connections of an `ApiClient`. */
const AT_ONCE = 2;
const CONTAINER = 'app';

/** Creates so many Nodes with so many Pods each, as large as they are in practice and with the status of a kubelet. */
export async function fillCluster(
  cluster: ControlPlane,
  nodes: number,
  podsANode: number,
): Promise<readonly FilledNode[]> {
  await using client = new ApiClient(loadKubeconfig(cluster.kubeconfig, {}));
  const names = Array.from({ length: nodes }, (_, n) => `node-${n}`);
  const all = Array.from({ length: nodes * podsANode }, (_, n) => realisticPod(n, 0));
  for (const namespace of new Set(all.map((pod) => text(pod, 'metadata', 'namespace') ?? '')))
    await ensureNamespace(cluster, namespace);
  await each(names, async (name) => {
    await post(client, '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name } });
  });
  const pods = await each(all, (pod, n) =>
    createPod(client, pod, n, names[Math.floor(n / podsANode)]),
  );
  return names.map((name, n) => ({ name, pods: pods.slice(n * podsANode, (n + 1) * podsANode) }));
}

async function createPod(
  client: ApiClient,
  pod: Record<string, unknown>,
  n: number,
  nodeName: string | undefined,
): Promise<FilledPod> {
  const [namespace = '', name = ''] = [
    text(pod, 'metadata', 'namespace'),
    text(pod, 'metadata', 'name'),
  ];
  // What the server gives, and an owner that is not there.
  const given = { resourceVersion: undefined, uid: undefined, ownerReferences: undefined };
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const made = await post(client, path, {
    ...pod,
    metadata: Object.assign({}, pod['metadata'], given),
    spec: Object.assign({}, pod['spec'], { nodeName, env: undefined }),
  });
  await client.write({
    method: 'PATCH',
    path: `${path}/${name}/status`,
    contentType: 'application/merge-patch+json',
    body: JSON.stringify({ status: pod['status'] }),
  });
  const uid = text(made, 'metadata', 'uid') ?? '';
  return {
    id: `${namespace}/${name}/${uid}`,
    container: CONTAINER,
    cgroup: `/kubepods/burstable/pod${uid}/${hexId(`${n}/${CONTAINER}/0`)}`,
  };
}

function post(client: ApiClient, path: string, object: object): Promise<unknown> {
  const body = JSON.stringify(object);
  return client.write({ method: 'POST', path, contentType: 'application/json', body });
}

/** Some at a time; the results in order. */
async function each<T, R>(
  items: readonly T[],
  run: (item: T, n: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const entries = items.entries();
  const work = async (): Promise<void> => {
    for (const [n, item] of entries) results[n] = await run(item, n);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}
