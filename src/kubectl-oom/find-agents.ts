import type { ApiClient } from '../kube/api-client.ts';
import { field, items, text } from '../kube/loose-json.ts';
import type { PodPort } from '../kube/port-forward.ts';
import type { KillQuery } from './find-kills.ts';
import { listObjects, pathOf } from './list-objects.ts';

/** As in manifests/base. */
const LABELS = 'app.kubernetes.io/name=oom-recorder';
const PORT_NAME = 'metrics';
const DEFAULT_PORT = 9095;
/** The agents run on Linux alone. */
const NODES = 'kubernetes.io/os!=windows';

/** The agent of a node. */
export interface Agent extends PodPort {
  readonly node: string;
  /** Whether its port speaks TLS, by the scheme of its probe: the kubelet must know, too. */
  readonly hasTls: boolean;
}

/** Whom to ask. */
export interface Agents {
  readonly agents: readonly Agent[];
  /** Nodes that have none. */
  readonly missing: readonly string[];
  /** Whether the nodes that there are could be listed: else nobody knows which have none. */
  readonly areNodesKnown: boolean;
}

/** The agents that run in a namespace, and the nodes that have none. @throws {ApiError} */
export async function findAgents(
  { client, wanted, signal }: Pick<KillQuery, 'client' | 'wanted' | 'signal'>,
  recorderNamespace: string,
): Promise<Agents> {
  const query = { labelSelector: LABELS };
  const { objects } = await listObjects(client, pathOf('pods', recorderNamespace), query, signal);
  const running = objects.filter((pod) => text(pod, 'status', 'phase') === 'Running').map(agentOf);
  const only = wanted.node ?? (await nodeOfPod(client, wanted, signal));
  const nodes = only === undefined ? await listNodes(client, signal) : [only];
  const agents = running.filter(({ node }) => only === undefined || node === only);
  const have = new Set(agents.map(({ node }) => node));
  return {
    agents,
    missing: nodes?.filter((node) => !have.has(node)) ?? [],
    areNodesKnown: nodes !== undefined,
  };
}

function agentOf(pod: unknown): Agent {
  const containers = items(pod, 'spec', 'containers');
  const hasPort = (port: unknown): boolean => text(port, 'name') === PORT_NAME;
  const recorder = containers.find((container) => items(container, 'ports').some(hasPort));
  const named = items(recorder, 'ports').find(hasPort);
  return {
    node: text(pod, 'spec', 'nodeName') ?? '',
    namespace: text(pod, 'metadata', 'namespace') ?? '',
    name: text(pod, 'metadata', 'name') ?? '',
    port: Number(field(named, 'containerPort') ?? DEFAULT_PORT),
    hasTls: text(recorder, 'readinessProbe', 'httpGet', 'scheme') === 'HTTPS',
  };
}

/** Where a Pod is; nobody knows where one was that is gone, or that may not be read. */
async function nodeOfPod(
  client: Pick<ApiClient, 'getJson'>,
  { namespace, pod }: KillQuery['wanted'],
  signal: AbortSignal,
): Promise<string | undefined> {
  if (pod === undefined) return undefined;
  const path = `${pathOf('pods', namespace)}/${encodeURIComponent(pod)}`;
  return client.getJson(path, {}, signal).then(
    (found) => text(found, 'spec', 'nodeName'),
    () => undefined,
  );
}

async function listNodes(
  client: Pick<ApiClient, 'getJson'>,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  return listObjects(client, pathOf('nodes', undefined), { labelSelector: NODES }, signal).then(
    ({ objects }) => objects.map((node) => text(node, 'metadata', 'name') ?? ''),
    () => undefined,
  );
}
