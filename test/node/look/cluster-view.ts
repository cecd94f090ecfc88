import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import type { NodeUnderTest } from '../play/node-under-test.ts';

type Kubectl = Pick<NodeUnderTest, 'kubectl'>;

const AGENT = 'oom-recorder';
const KUBELET = 'kubelet';

/** Everything of a kind, as `kubectl get … -o json` prints it. */
async function list<T>(node: Kubectl, args: readonly string[]): Promise<readonly T[]> {
  return (JSON.parse(await node.kubectl(['get', ...args, '-o', 'json'])) as { items: T[] }).items;
}

export const podsOf = (node: Kubectl, namespace: string): Promise<readonly V1Pod[]> =>
  list<V1Pod>(node, ['pods', '-n', namespace]);

/** The Events of everybody, in every namespace: also those that blame a stranger. */
export const allEvents = (node: Kubectl): Promise<readonly CoreV1Event[]> =>
  list<CoreV1Event>(node, ['events', '-A']);

export const isOurs = ({ source }: CoreV1Event): boolean => source?.component === AGENT;

/** The kubelet's own words about running out of memory. */
export const isKubeletsOom = ({ source, reason }: CoreV1Event): boolean =>
  source?.component === KUBELET && /oom/i.test(reason ?? '');

/** Events that are new, or were counted up, since the others were listed. */
export function newSince(
  before: readonly CoreV1Event[],
  now: readonly CoreV1Event[],
): readonly CoreV1Event[] {
  const known = new Map(before.map(({ metadata, count }) => [metadata.uid, count]));
  return now.filter(({ metadata, count }) => known.get(metadata.uid) !== count);
}
