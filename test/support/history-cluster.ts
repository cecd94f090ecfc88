import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Certificate } from './certificates.ts';
import { servePortForward } from './fake-port-forward.ts';
import { tempDirectory } from './temp-directory.ts';

/** What the agent of a node does when it is asked for its history. */
export type FakeAgent = RequestListener;

/** A cluster of agents alone, as far as `kubectl oom --from-node` asks it. */
export interface HistoryCluster extends AsyncDisposable {
  readonly kubeconfig: string;
  /** What agents were asked: `node-1 /api/v1/episodes?limit=1000`. */
  readonly asked: readonly string[];
}

export interface HistoryClusterOptions {
  /** Of each node its agent: `undefined` where there is none, an error of the kubelet's. */
  readonly nodes: Readonly<Record<string, FakeAgent | { readonly error: string } | undefined>>;
  /** What the agents speak TLS with. */
  readonly certificate?: Certificate;
  /** Of the namespace `shop`; without them it has no such list. */
  readonly events?: readonly unknown[] | undefined;
  /** Paths that are answered 403. */
  readonly forbidden?: readonly string[];
}

/**
 * Stands for the API server (three lists, one port-forward) and, behind it, for the agents' `GET /api/v1/episodes`.
 * The answers are the test's: the contract is the agent's.
 */
export async function startHistoryCluster({
  nodes,
  certificate,
  events,
  forbidden = [],
}: HistoryClusterOptions): Promise<HistoryCluster> {
  const asked: string[] = [];
  const ports = new Map<string, number>();
  const servers: Server[] = [];
  for (const [node, agent] of Object.entries(nodes)) {
    if (typeof agent !== 'function') continue;
    const answer: RequestListener = (request, response) => {
      asked.push(`${node} ${request.url}`);
      agent(request, response);
    };
    const server = certificate ? createTlsServer(certificate, answer) : createServer(answer);
    servers.push(server);
    ports.set(node, await listen(server));
  }
  const api = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const document = forbidden.includes(pathname)
      ? undefined
      : documentAt(pathname, { nodes, events }, certificate ? 'HTTPS' : 'HTTP');
    const isUpgrade = pathname.endsWith('/portforward');
    const code = forbidden.includes(pathname) ? 403 : isUpgrade ? 400 : 404;
    response.writeHead(document === undefined ? code : 200, { 'Content-Type': 'application/json' });
    const message = code === 403 ? `${pathname} is forbidden: User "jane"` : 'not here';
    response.end(JSON.stringify(document ?? { kind: 'Status', code, message }));
  });
  servePortForward(api, ({ pathname }) => {
    if (forbidden.includes(pathname)) return undefined;
    const node = /agent-of-(?<node>[\w-]+)\//.exec(pathname)?.groups?.['node'] ?? '';
    const agent = nodes[node];
    return typeof agent === 'object' ? agent : ports.get(node);
  });
  servers.push(api);
  return {
    kubeconfig: writeKubeconfig(await listen(api)),
    asked,
    async [Symbol.asyncDispose]() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

type Scheme = 'HTTP' | 'HTTPS';

function documentAt(
  path: string,
  { nodes, events }: Pick<HistoryClusterOptions, 'nodes' | 'events'>,
  scheme: Scheme,
): object | undefined {
  const list = (items: readonly unknown[]) => ({ metadata: { resourceVersion: '1' }, items });
  if (path === '/api/v1/nodes') {
    return list(Object.keys(nodes).map((name) => ({ metadata: { name } })));
  }
  if (path === '/api/v1/namespaces/shop/events') return events && list(events);
  if (path === '/api/v1/namespaces/oom-recorder/pods') {
    return list(
      Object.entries(nodes).flatMap(([node, agent]) =>
        agent === undefined ? [] : [agentPod(node, scheme)],
      ),
    );
  }
  if (path === '/api/v1/namespaces/shop/pods/web-0') return { spec: { nodeName: 'node-1' } };
  return undefined;
}

function agentPod(nodeName: string, scheme: Scheme): object {
  const ports = [{ name: 'metrics', containerPort: 9095 }];
  const readinessProbe = { httpGet: { path: '/readyz', port: 'metrics', scheme } };
  return {
    metadata: { namespace: 'oom-recorder', name: `agent-of-${nodeName}` },
    spec: { nodeName, containers: [{ ports, readinessProbe }] },
    status: { phase: 'Running' },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function writeKubeconfig(port: number): string {
  const path = join(tempDirectory(), 'config');
  const clusters = [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }];
  const contexts = [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'shop' } }];
  writeFileSync(path, JSON.stringify({ clusters, contexts, 'current-context': 'x' }));
  return path;
}
