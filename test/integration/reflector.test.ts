import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, vi } from 'vitest';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { ApiClient } from '../../src/kube/api-client.ts';
import { loadKubeconfig } from '../../src/kube/load-cluster.ts';
import { kubePods } from '../../src/reflector/kube-pods.ts';
import { LiveDirectory } from '../../src/reflector/live-directory.ts';
import type { ReflectorState } from '../../src/reflector/reflector-step.ts';
import { coreV1Of, testWithCluster } from '../support/cluster.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const NODE = 'node-1';
const NAMESPACE = 'default';
/** The soak: `OOM_RECORDER_SOAK_SECONDS=120` cuts the connection every second for two minutes. */
const SOAK_SECONDS = Number(process.env['OOM_RECORDER_SOAK_SECONDS'] ?? 0);
const CUTS =
  SOAK_SECONDS > 0 ? { everyMs: 1000, forMs: SOAK_SECONDS * 1000 } : { everyMs: 200, forMs: 5000 };
/** After an outage: the longest back-off it can have led to, and a list. */
const RECOVERY_MS = 20_000;

interface Agent extends AsyncDisposable {
  readonly directory: LiveDirectory;
  state(): ReflectorState;
}

/** What an agent is as far as pods go: a directory that follows the API server. */
async function startAgent(kubeconfig: string): Promise<Agent> {
  const client = new ApiClient(loadKubeconfig(kubeconfig, {}));
  const directory = new LiveDirectory(Date.now);
  const states: ReflectorState[] = [];
  directory.state$.subscribe((state) => states.splice(0, 1, state));
  const following = directory.follow(kubePods(client, NODE), { random: Math.random });
  const state = (): ReflectorState => {
    const [now] = states;
    return now ?? expect.unreachable('no state');
  };
  await vi.waitUntil(() => state().live, { timeout: 10_000 });
  return {
    directory,
    state,
    async [Symbol.asyncDispose]() {
      following.unsubscribe();
      await client[Symbol.asyncDispose]();
    },
  };
}

/** Somebody else, who makes and removes pods without passing through what is being broken. */
function author(cluster: ControlPlane) {
  const api = coreV1Of(cluster.kubeconfig);
  return {
    create: (name: string, nodeName = NODE) => {
      const spec = { nodeName, containers: [{ name: 'app', image: 'app' }] };
      const body = { metadata: { name, namespace: NAMESPACE }, spec };
      return api.createNamespacedPod({ namespace: NAMESPACE, body });
    },
    run: (name: string, id: string) => {
      const state = { running: { startedAt: new Date().toISOString() } };
      const status = { name: 'app', containerID: `containerd://${id}`, state, lastState: {} };
      const value = [{ ...status, image: 'app', imageID: 'app', ready: true, restartCount: 0 }];
      const body = [{ op: 'add', path: '/status/containerStatuses', value }];
      return api.patchNamespacedPodStatus({ name, namespace: NAMESPACE, body });
    },
    delete: (name: string) =>
      api.deleteNamespacedPod({ name, namespace: NAMESPACE, gracePeriodSeconds: 0 }),
  };
}

const namesIn = (directory: LiveDirectory): string[] =>
  directory
    .entries()
    .filter(({ deletedAtMs }) => deletedAtMs === undefined)
    .map(({ name }) => name)
    .toSorted();

const idsOf = (directory: LiveDirectory, pod: string): readonly string[] =>
  directory
    .entries()
    .filter(({ name }) => name === pod)
    .flatMap(({ containers }) => containers.flatMap(({ ids }) => ids));

async function becomes(
  agent: Agent,
  names: readonly string[],
  timeout = RECOVERY_MS,
): Promise<number> {
  const since = performance.now();
  await vi.waitFor(
    () => expect([agent.state().live, ...namesIn(agent.directory)]).toEqual([true, ...names]),
    { timeout, interval: 10 },
  );
  return performance.now() - since;
}

/** Watches of pods the API server holds open, its own included. */
async function openWatches(cluster: ControlPlane): Promise<number> {
  const metrics = await cluster.kubectl(['get', '--raw', '/metrics']);
  const watching =
    /^apiserver_longrunning_requests\{.*resource="pods".*verb="WATCH".*\} (?<n>\d+)$/gm;
  return [...metrics.matchAll(watching)].reduce(
    (sum, { groups }) => sum + Number(groups?.['n']),
    0,
  );
}

async function throughProxy(cluster: ControlPlane, proxy: TcpProxy): Promise<string> {
  const file = join(cluster.directory, 'through-proxy.kubeconfig');
  const direct = await readFile(cluster.kubeconfig, 'utf8');
  await writeFile(file, direct.replace(cluster.url, `https://127.0.0.1:${proxy.port}`));
  return file;
}

const test = testWithCluster();

describe('a directory over a real API server', () => {
  test('follows the pods of its node and of no other', async ({ cluster }) => {
    const people = author(cluster);
    await people.create('before');
    await people.create('elsewhere', 'node-2');
    await using agent = await startAgent(cluster.kubeconfig);
    await becomes(agent, ['before']);

    await people.create('after');
    await becomes(agent, ['after', 'before'], 2000);
    await people.run('after', 'c1');
    await vi.waitFor(() => expect(idsOf(agent.directory, 'after')).toEqual(['c1']));
    await people.delete('before');
    await becomes(agent, ['after'], 2000);
    expect(agent.state()).toMatchObject({ lists: 1, watches: 1, failures: 0, skipped: 0 });
    await people.delete('after');
  });

  test('is right again after the API server was killed, with one watch', async ({ cluster }) => {
    const people = author(cluster);
    await people.create('old');
    await using agent = await startAgent(cluster.kubeconfig);
    await becomes(agent, ['old']);

    for (let round = 0; round < 2; round += 1) {
      await cluster.stopApiServer();
      await vi.waitUntil(() => !agent.state().live);
      expect(namesIn(agent.directory)).toContain('old');
      await cluster.startApiServer();
      await people.create(`new-${round}`);
      const expected = ['new-0', 'new-1'].slice(0, round + 1);
      const ms = await becomes(agent, [...expected, 'old']);
      console.log(`right ${Math.round(ms)} ms after the API server was back`);
    }
    expect(agent.state()).toMatchObject({ synced: true, skipped: 0 });
    const withAgent = await openWatches(cluster);
    await agent[Symbol.asyncDispose]();
    await vi.waitFor(async () => expect(await openWatches(cluster)).toBe(withAgent - 1), 5000);
  });

  test('is right again after etcd was emptied', async ({ cluster }) => {
    const people = author(cluster);
    await people.create('lost');
    await using agent = await startAgent(cluster.kubeconfig);
    await vi.waitFor(() => expect(namesIn(agent.directory)).toContain('lost'));

    await cluster.emptyEtcd();
    await people.create('found');
    const ms = await becomes(agent, ['found']);
    console.log(`right ${Math.round(ms)} ms after etcd was back, empty`);
    await people.delete('found');
    await becomes(agent, [], 2000);
  });

  test(
    'is right again however often the network cuts it off',
    async ({ cluster }) => {
      const people = author(cluster);
      await using proxy = await startTcpProxy(Number(new URL(cluster.url).port));
      await using agent = await startAgent(await throughProxy(cluster, proxy));
      const before = await openWatches(cluster);

      const names: string[] = [];
      const until = performance.now() + CUTS.forMs;
      for (let round = 0; performance.now() < until; round += 1) {
        const name = `pod-${String(round).padStart(3, '0')}`;
        await people.create(name);
        names.push(name);
        if (round % 3 === 2) await people.delete(names.shift() ?? '');
        await sleep(CUTS.everyMs);
        proxy.cut();
      }
      const ms = await becomes(agent, names);
      const { lists, watches, failures } = agent.state();
      console.log(`right ${Math.round(ms)} ms after the last cut`, { lists, watches, failures });
      await vi.waitFor(async () => expect(await openWatches(cluster)).toBe(before), 5000);
      // The watch, and the connections lists left to be used again.
      expect(proxy.open).toBeLessThanOrEqual(3);
    },
    60_000 + CUTS.forMs,
  );
});
