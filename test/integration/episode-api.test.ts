import { join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { ApiClient } from '../../src/kube/api-client.ts';
import { loadKubeconfig } from '../../src/kube/load-cluster.ts';
import { mayGet, REVIEW_TIMEOUTS } from '../../src/kube/token-reviewer.ts';
import { accessRules } from '../../src/telemetry/access.ts';
import { answerEpisodes } from '../../src/telemetry/episode-api.ts';
import { reviewTokens } from '../../src/telemetry/reviewed-tokens.ts';
import { StatusServer } from '../../src/telemetry/server.ts';
import { agentIdentity } from '../support/agent-identity.ts';
import { testWithCluster } from '../support/cluster.ts';
import { ensureNamespace } from '../support/cluster-objects.ts';
import { storedKill, storeWith } from '../support/history.ts';
import { statusPages } from '../support/status-pages.ts';
import { SYSTEM_CLOCK } from '../support/system-clock.ts';

const COMPONENT = join(import.meta.dirname, '../../manifests/components/api-access');
const FILES = ['cluster-role', 'cluster-role-binding'].map((name) =>
  join(COMPONENT, `${name}.yaml`),
);

interface Told {
  readonly status: number;
  readonly sequences?: readonly number[];
  readonly error?: string;
}

interface Agent extends AsyncDisposable {
  ask(token: string, query?: string, path?: string): Promise<Told>;
}

const test = testWithCluster().extend<{ agentKubeconfig: string }>({
  /** Of the agent's ServiceAccount, with the rights of `manifests/base` alone; those who ask it are there, too. */
  agentKubeconfig: [
    async ({ cluster }, use) => {
      await createReaders(cluster);
      await use((await agentIdentity(cluster)).kubeconfig);
    },
    { scope: 'file' },
  ],
});

/** An agent's listener as it stands in front of a history, with reviews by that kubeconfig. */
async function serve(kubeconfig: string): Promise<Agent> {
  const client = new ApiClient(loadKubeconfig(kubeconfig, {}), REVIEW_TIMEOUTS);
  const review = reviewTokens((token, wanted) => mayGet(client, token, wanted), SYSTEM_CLOCK);
  const store = storeWith([storedKill(1, 1), storedKill(2, 2)]);
  const source = {
    node: { name: 'node-1' },
    ask: (ask) => store.episodes.ask(ask),
    clock: SYSTEM_CLOCK,
    records: () => 0,
  } as const satisfies Parameters<typeof answerEpisodes>[0];
  const server = await StatusServer.listen(
    { host: '127.0.0.1', port: 0 },
    statusPages({
      admit: accessRules([], review),
      episodes: (params, access) => answerEpisodes(source, params, access),
    }),
  );
  return {
    ask: async (token, query = '', path = '/api/v1/episodes') => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`http://127.0.0.1:${server.port}${path}?${query}`, { headers });
      const text = await answer.text();
      if (path === '/' && answer.ok) return { status: answer.status };
      const { error, episodes } = JSON.parse(text) as {
        error?: string;
        episodes?: { sequence: number }[];
      };
      return {
        status: answer.status,
        ...(error !== undefined && { error }),
        ...(episodes !== undefined && { sequences: episodes.map(({ sequence }) => sequence) }),
      };
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await client[Symbol.asyncDispose]();
      store[Symbol.dispose]();
    },
  };
}

/** Waits until the API server has read the role that was bound. */
async function untilAllowed(cluster: ControlPlane, user: string, ...what: string[]): Promise<void> {
  const args = ['auth', 'can-i', ...what, `--as=system:serviceaccount:${user}`];
  await vi.waitFor(() => cluster.kubectl(args), { timeout: 30_000, interval: 100 });
}

async function install(cluster: ControlPlane): Promise<void> {
  await cluster.kubectl(['apply', ...FILES.flatMap((file) => ['-f', file])]);
  const review = 'subjectaccessreviews.authorization.k8s.io';
  await untilAllowed(cluster, 'oom-recorder:oom-recorder', 'create', review);
}

const RBAC = 'rbac.authorization.k8s.io';
const READER = { apiGroup: RBAC, kind: 'ClusterRole', name: 'pod-reader' };
const ACCOUNTS = ['everywhere', 'one', 'none'] as const;

/** ServiceAccounts of `ns-1`: one may get pods everywhere, one there, one nowhere. */
const READERS = [
  {
    kind: READER.kind,
    metadata: { name: READER.name },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
  },
  binding('ClusterRoleBinding', 'everywhere'),
  binding('RoleBinding', 'one'),
].map((object) => ({ apiVersion: `${RBAC}/v1`, ...object }));

function binding(kind: string, name: (typeof ACCOUNTS)[number]): object {
  const metadata = { name, ...(kind === 'RoleBinding' && { namespace: 'ns-1' }) };
  const subjects = [{ kind: 'ServiceAccount', namespace: 'ns-1', name }];
  return { kind, metadata, roleRef: READER, subjects };
}

async function createReaders(cluster: ControlPlane): Promise<void> {
  await ensureNamespace(cluster, 'ns-1');
  const accounts = ACCOUNTS.map((name) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: 'ns-1' },
  }));
  const list = { apiVersion: 'v1', kind: 'List', items: [...accounts, ...READERS] };
  await cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(list) });
  await untilAllowed(cluster, 'ns-1:everywhere', 'get', 'pods', '-A');
  await untilAllowed(cluster, 'ns-1:one', 'get', 'pods', '--namespace=ns-1');
}

async function tokenOf(cluster: ControlPlane, name: (typeof ACCOUNTS)[number]): Promise<string> {
  return (await cluster.tokenFor('ns-1', name)).token;
}

describe('a token, by a real API server', () => {
  test('is refused where the component is not there, which says so', async ({
    cluster,
    agentKubeconfig,
  }) => {
    await using agent = await serve(agentKubeconfig);
    const token = await tokenOf(cluster, 'everywhere');
    expect(await agent.ask(token)).toEqual({
      status: 403,
      error: expect.stringContaining('manifests/components/api-access'),
    });
  });

  test('lets in who may get pods, where he may', async ({ cluster, agentKubeconfig }) => {
    await install(cluster);
    const everywhere = await tokenOf(cluster, 'everywhere');
    const one = await tokenOf(cluster, 'one');
    const none = await tokenOf(cluster, 'none');
    await using agent = await serve(agentKubeconfig);
    const user = (name: string): string => `system:serviceaccount:ns-1:${name}`;

    expect(await agent.ask(everywhere)).toEqual({ status: 200, sequences: [2, 1] });
    expect(await agent.ask(everywhere, 'namespace=ns-2')).toEqual({
      status: 200,
      sequences: [2],
    });
    expect(await agent.ask(everywhere, '', '/')).toEqual({ status: 200 });

    expect(await agent.ask(one, 'namespace=ns-1')).toEqual({ status: 200, sequences: [1] });
    expect(await agent.ask(one, 'namespace=ns-2')).toEqual({
      status: 403,
      error: `${user('one')} may not get pods in namespace ns-2`,
    });
    expect(await agent.ask(one)).toEqual({
      status: 403,
      error: `${user('one')} may not get pods in all namespaces`,
    });
    expect((await agent.ask(one, '', '/')).status).toBe(403);

    expect((await agent.ask(none, 'namespace=ns-1')).status).toBe(403);
  });

  test('that is none, or for somebody else, is refused', async ({ cluster, agentKubeconfig }) => {
    await install(cluster);
    const args = ['create', 'token', 'everywhere', '-n', 'ns-1', '--audience=somebody-else'];
    await using agent = await serve(agentKubeconfig);
    for (const token of ['nonsense', await cluster.kubectl(args)])
      expect(await agent.ask(token)).toEqual({
        status: 403,
        error: 'the API server does not know the token',
      });
  });

  test('is refused while the API server is away', async ({ cluster, agentKubeconfig }) => {
    await install(cluster);
    const token = await tokenOf(cluster, 'everywhere');
    await cluster.stopApiServer();
    try {
      await using agent = await serve(agentKubeconfig);
      expect(await agent.ask(token)).toEqual({
        status: 403,
        error: expect.stringMatching(/did not tell whose the token is \[E_API_UNREACHABLE\]$/),
      });
    } finally {
      await cluster.startApiServer();
    }
  });
});
