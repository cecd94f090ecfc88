import type { CoreV1Event } from '@kubernetes/client-node';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { createNode, deleteEvents } from '../support/cluster-objects.ts';

export const NODE_NAME = 'chaos-node';
const NAMESPACES = ['chaos', 'tenant', 'default', 'kube-system'];

/** Makes the Node, and takes away the pods and Events of an earlier run. */
export async function clearCluster(cluster: ControlPlane): Promise<void> {
  await createNode(cluster, NODE_NAME).catch(() => undefined); // it is there
  for (const namespace of NAMESPACES) {
    const now = ['--all', '--force', '--grace-period=0'];
    await cluster.kubectl(['delete', 'pod', '-n', namespace, ...now]);
  }
  await deleteEvents(cluster, NAMESPACES);
}

/** The agent's Events. */
export async function eventsOf(cluster: ControlPlane): Promise<readonly CoreV1Event[]> {
  const text = await cluster.kubectl(['get', 'events', '-A', '-o', 'json']);
  const { items }: { items: CoreV1Event[] } = JSON.parse(text);
  return items.filter(({ source }) => source?.component === 'oom-recorder');
}
