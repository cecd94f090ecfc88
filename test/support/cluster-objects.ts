import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';

/** A container and the status a kubelet would write of it. */
export interface ContainerOnNode {
  readonly name: string;
  /** The bare ID: the last part of its cgroup. */
  readonly id: string;
  /** `resources.limits.memory`. */
  readonly memory?: string;
}

/** A Pod as it is on its node: created by people, its status written as a kubelet does. */
export interface PodOnNode {
  readonly name: string;
  readonly namespace?: string;
  readonly node: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly containers: readonly ContainerOnNode[];
  readonly initContainers?: readonly ContainerOnNode[];
  readonly sidecars?: readonly ContainerOnNode[];
  /** False for one that no kubelet runs. */
  readonly hasStatus?: boolean;
  /** How long a variable of its first container is; etcd takes 1.4 MB in all. */
  readonly ballastBytes?: number;
}

/** Creates a Node; resolves to its UID. */
export async function createNode(cluster: ControlPlane, name: string): Promise<string> {
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name } };
  return create(cluster, node);
}

/** Creates a Pod and its namespace, then writes the statuses; resolves to its UID. */
export async function createPod(cluster: ControlPlane, pod: PodOnNode): Promise<string> {
  const { name, namespace = 'default', node, annotations = {} } = pod;
  await ensureNamespace(cluster, namespace);
  const containers = specsOf(pod.containers).map((spec, n) => ({
    ...spec,
    ...(n === 0 && pod.ballastBytes !== undefined && { env: ballast(pod.ballastBytes) }),
  }));
  const initContainers = [
    ...specsOf(pod.initContainers),
    ...specsOf(pod.sidecars).map((spec) => ({ ...spec, restartPolicy: 'Always' })),
  ];
  const uid = await create(cluster, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, annotations },
    spec: { nodeName: node, containers, initContainers },
  });
  if (pod.hasStatus !== false) await writeStatus(cluster, pod);
  return uid;
}

/** Writes the statuses anew, as after a restart that gave the containers other IDs. */
export async function writeStatus(cluster: ControlPlane, pod: PodOnNode): Promise<void> {
  const { name, namespace = 'default' } = pod;
  const status = {
    phase: 'Running',
    containerStatuses: statusesOf(pod.containers),
    initContainerStatuses: statusesOf([...(pod.initContainers ?? []), ...(pod.sidecars ?? [])]),
  };
  const patch = JSON.stringify({ status });
  const target = ['pod', name, '-n', namespace, '--subresource=status'];
  await cluster.kubectl(['patch', ...target, '--type=merge', '-p', patch]);
}

/** The whole collection in one request; kubectl would delete them one by one. */
export async function deleteEvents(
  cluster: ControlPlane,
  namespaces: readonly string[],
): Promise<void> {
  for (const namespace of namespaces) {
    await cluster.kubectl(['delete', '--raw', `/api/v1/namespaces/${namespace}/events`]);
  }
}

async function create(cluster: ControlPlane, object: object): Promise<string> {
  const args = ['create', '-f', '-', '-o', 'jsonpath={.metadata.uid}'];
  return cluster.kubectl(args, { input: JSON.stringify(object) });
}

/** Creates it where it is not there yet. Of two who do so at once, kubectl has one fail. */
export async function ensureNamespace(cluster: ControlPlane, name: string): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  const applied = cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(namespace) });
  await applied.catch((err: unknown) => {
    if (!String(err).includes('(AlreadyExists)')) throw err;
  });
}

function ballast(bytes: number): object[] {
  return [{ name: 'BALLAST', value: 'x'.repeat(bytes) }];
}

function specsOf(containers: readonly ContainerOnNode[] = []): object[] {
  return containers.map(({ name, memory }) => ({
    name,
    image: 'none.example/none',
    ...(memory !== undefined && { resources: { limits: { memory } } }),
  }));
}

function statusesOf(containers: readonly ContainerOnNode[]): object[] {
  return containers.map(({ name, id }) => ({
    name,
    containerID: `containerd://${id}`,
    image: 'none.example/none',
    imageID: '',
    ready: true,
    restartCount: 0,
    state: { running: { startedAt: new Date().toISOString() } },
    lastState: {},
  }));
}
