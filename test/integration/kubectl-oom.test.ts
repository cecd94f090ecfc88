import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { COMBINED_PREFIX } from '../../src/correlator/correlator-options.ts';
import { createNode, createPod, ensureNamespace } from '../support/cluster-objects.ts';
import { testWithCluster } from '../support/cluster.ts';
import { installPlugin, pluginEnv, runPlugin, startPlugin } from '../support/kubectl-plugin.ts';
import { asJson, nodeEvent, podEvent } from '../support/oom-event.ts';

const MINUTE_MS = 60_000;
const SOON = { timeout: 15_000, interval: 100 };

interface Plugin {
  readonly cluster: ControlPlane;
  readonly env: NodeJS.ProcessEnv;
}

/** A real kubectl that has the plugin on its PATH, and Events as agents post them. */
const test = testWithCluster().extend<{ plugin: Plugin }>({
  plugin: [
    async ({ cluster }, use) => {
      const directory = mkdtempSync(join(tmpdir(), 'kubectl-oom-'));
      await installPlugin(directory);
      await fill(cluster);
      await use({ cluster, env: pluginEnv(directory, cluster.env) });
      rmSync(directory, { recursive: true });
    },
    { scope: 'file' },
  ],
});

async function fill(cluster: ControlPlane): Promise<void> {
  const nowMs = Date.now();
  await ensureNamespace(cluster, 'shop');
  await ensureNamespace(cluster, 'jobs');
  const system = { sequence: 3, atMs: nowMs - 30 * MINUTE_MS, limitLevel: 'system' } as const;
  const members = [1, 2, 3].map((n) => ({ pid: 500 + n, comm: 'worker' }));
  const combined = {
    metadata: { name: 'web-1.combined', namespace: 'shop' },
    message: `${COMBINED_PREFIX}Memory limit of container app (512Mi) reached: killed process java (pid 77)`,
    count: 12,
  };
  await post(
    cluster,
    asJson(podEvent({ sequence: 1, atMs: nowMs - 5 * MINUTE_MS })),
    asJson(podEvent({ sequence: 2, atMs: nowMs - 8000, pod: 'web-1' }), combined),
    asJson(podEvent({ ...system, namespace: 'jobs', pod: 'batch', episode: { members } })),
    asJson(nodeEvent(system)),
    asJson(nodeEvent({ sequence: 4, atMs: nowMs - MINUTE_MS, node: 'node-2' })),
    // Not ours: the kubelet's.
    asJson(nodeEvent({ sequence: 5 }), { source: { component: 'kubelet', host: 'node-1' } }),
  );
}

async function post(cluster: ControlPlane, ...events: readonly unknown[]): Promise<void> {
  const input = events.map((event) => JSON.stringify(event)).join('\n');
  await cluster.kubectl(['create', '-f', '-'], { input });
}

const oom = ({ env }: Plugin, ...args: readonly string[]) =>
  runPlugin('kubectl', ['oom', ...args], env);

describe('kubectl oom', () => {
  test('is found by kubectl', async ({ plugin }) => {
    const { stdout } = await runPlugin('kubectl', ['plugin', 'list'], plugin.env);
    expect(stdout).toMatch(/kubectl-oom$/m);
  });

  test('lists the kills of a namespace, the newest last', async ({ plugin }) => {
    const { code, stdout, stderr } = await oom(plugin, '-n', 'shop');
    expect(stdout.replaceAll(/\d+s\b/g, 'Ns').split('\n')).toEqual([
      'POD     CONTAINER   PROCESS       LIMIT       LAST   COUNT   NODE',
      expect.stringMatching(/^web-0 {3}app {9}java \(4242\) {3}512Mi {7}5m(Ns)? +1 {7}node-1$/),
      expect.stringMatching(/^web-1 {3}app {9}<combined> {4}<unknown> {3}Ns +12 {6}node-1$/),
      '',
    ]);
    expect(stderr).toMatch(/^Source: Events, .* --from-node\.\n$/);
    expect(code).toBe(0);
  });

  test('lists those of all namespaces, and of the Nodes where no Pod was hurt', async ({
    plugin,
  }) => {
    const { stdout } = await oom(plugin, '-A', '--sort-by=node');
    const rows = stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 5));
    expect(rows).toEqual([
      ['NAMESPACE', 'POD', 'CONTAINER', 'PROCESS', 'LIMIT'],
      ['jobs', 'batch', 'app', 'java (4242) +3', 'system'],
      ['shop', 'web-0', 'app', 'java (4242)', '512Mi'],
      ['shop', 'web-1', 'app', '<combined>', '<unknown>'],
      ['<none>', '<none>', '<none>', 'java (4242)', 'system'],
      [''],
    ]);
  });

  const selections = [
    [['-A', '--node=node-2', '-o', 'name'], 'node/node-2\n'],
    [['-A', '--since=2m', '-o', 'name', '--sort-by=pod'], 'node/node-2\npod/web-1\n'],
    [['-n', 'shop', 'web-0', '-o', 'name'], 'pod/web-0\n'],
    [['-n', 'shop', 'pod/web-0', '-o', 'name'], 'pod/web-0\n'],
    [['-A', '-o', 'name', '--sort-by=count'], 'pod/batch\npod/web-0\nnode/node-2\npod/web-1\n'],
  ] as const;
  for (const [args, names] of selections) {
    test(`${args.join(' ')} selects`, async ({ plugin }) => {
      expect((await oom(plugin, ...args)).stdout).toBe(names);
    });
  }

  test('selects by the labels of Pods', async ({ plugin }) => {
    const { cluster } = plugin;
    await createPod(cluster, {
      name: 'web-0',
      namespace: 'shop',
      node: 'node-1',
      containers: [{ name: 'app', id: 'a' }],
    });
    await cluster.kubectl(['label', 'pod', 'web-0', '-n', 'shop', 'app=web']);
    const { stdout, stderr } = await oom(plugin, '-n', 'shop', '-l', 'app=web', '-o', 'name');
    expect(stdout).toBe('pod/web-0\n');
    expect(stderr).toMatch(/kills of deleted Pods are not shown/);
  });

  test('explains the last kill of a Pod', async ({ plugin }) => {
    const { stdout } = await oom(plugin, '-n', 'shop', 'web-0');
    expect(stdout).toMatch(/^OOM kill, \S+Z, 5m\d*s? ago\nMemory limit of container app \(512Mi\)/);
    expect(stdout).toMatch(/Raise the memory limit of container `app` to 640Mi/);
  });

  test('says that there are none, and how far back that is known', async ({ plugin }) => {
    const { code, stdout, stderr } = await oom(plugin, '--since', '30m');
    expect(stderr).toMatch(
      /^No OOM kills found in namespace default in the last 30m\.\nSource: Events/,
    );
    expect([code, stdout]).toEqual([0, '']);
  });

  test('takes the namespace and the context of the kubeconfig', async ({ plugin }) => {
    const { cluster } = plugin;
    await cluster.kubectl(['config', 'set-context', '--current', '--namespace=jobs']);
    expect((await oom(plugin, '-o', 'name')).stdout).toBe('pod/batch\n');
    await cluster.kubectl(['config', 'set-context', '--current', '--namespace=default']);
    const missing = await oom(plugin, '--context', 'nowhere');
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/^error: .* has no context nowhere\..*\n$/);
  });

  test('says in one line what it may not do', async ({ plugin }) => {
    const { cluster } = plugin;
    await cluster.kubectl(['create', 'serviceaccount', 'nobody', '-n', 'shop']);
    const { kubeconfig } = await cluster.tokenFor('shop', 'nobody');
    const { code, stderr } = await oom(plugin, '-n', 'shop', `--kubeconfig=${kubeconfig}`);
    expect(stderr).toMatch(
      /^error: Listing Events in namespace shop at https:\S+ failed: events is forbidden: User "system:serviceaccount:shop:nobody" cannot list resource "events" .*\[E_API_FORBIDDEN\]\n$/,
    );
    expect(code).toBe(1);
  });
});

describe('kubectl oom --from-node', () => {
  test('says of which nodes nothing could be had, and fails', async ({ plugin }) => {
    const { cluster } = plugin;
    await createNode(cluster, 'node-1');
    await createNode(cluster, 'node-2');
    const agent = { name: 'agent', namespace: 'oom-recorder', node: 'node-1' };
    await createPod(cluster, { ...agent, containers: [{ name: 'agent', id: 'b' }] });
    const label = ['label', 'pod', 'agent', 'app.kubernetes.io/name=oom-recorder'];
    await cluster.kubectl([...label, '-n', 'oom-recorder']);
    // There is no kubelet in this cluster.
    const { code, stdout, stderr } = await oom(plugin, '-n', 'shop', '--since=2h');
    expect(stderr).toMatch(/node-1: no preferred addresses found/);
    expect(stderr).toMatch(/node-2: no agent runs there in namespace oom-recorder/);
    expect([code, stdout]).toEqual([1, '']);
  });

  const rights = [
    ['get', 'create'],
    ['create', 'get'],
  ] as const;
  for (const [missing, given] of rights) {
    test(`says that it may not ${missing} a port-forward`, async ({ plugin }) => {
      const { cluster } = plugin;
      const inside = ['-n', 'oom-recorder'];
      const name = `reader-${given}`;
      await cluster.kubectl(['create', 'serviceaccount', name, ...inside]);
      const rules = [
        { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
        { apiGroups: [''], resources: ['pods/portforward'], verbs: [given] },
      ];
      const role = {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name, namespace: 'oom-recorder' },
        rules,
      };
      await cluster.kubectl(['create', '-f', '-'], { input: JSON.stringify(role) });
      const binding = ['create', 'rolebinding', name, `--role=${name}`];
      await cluster.kubectl([...binding, `--serviceaccount=oom-recorder:${name}`, ...inside]);
      const { kubeconfig } = await cluster.tokenFor('oom-recorder', name);
      const { stderr } = await oom(
        plugin,
        '-n',
        'shop',
        '--from-node',
        `--kubeconfig=${kubeconfig}`,
      );
      expect(stderr).toMatch(
        new RegExp(
          `node-1: pods "agent" is forbidden: .* cannot ${missing} resource "pods/portforward"`,
        ),
      );
    });
  }
});

describe('kubectl oom --watch', () => {
  test('prints what there is, then what comes and what grows, each once, also across an outage', async ({
    plugin,
  }) => {
    const { cluster, env } = plugin;
    await ensureNamespace(cluster, 'live');
    const first = podEvent({ sequence: 10, namespace: 'live', pod: 'one' });
    await post(cluster, asJson(first));
    await using watch = startPlugin('kubectl', ['oom', '-n', 'live', '-w'], env);
    const pods = (): unknown[] =>
      watch
        .stdout()
        .split('\n')
        .slice(1, -1)
        .map((line) => line.split(/ {2,}/).toSpliced(4, 1));
    await vi.waitFor(() => expect(pods()).toHaveLength(1), SOON);
    await post(cluster, asJson(podEvent({ sequence: 11, namespace: 'live', pod: 'two' })));
    await vi.waitFor(() => expect(pods()).toHaveLength(2), SOON);
    const patch = ['patch', 'event', first.metadata.name, '-n', 'live', '-p', '{"count":2}'];
    await cluster.kubectl(patch);
    await vi.waitFor(() => expect(pods()).toHaveLength(3), SOON);
    await cluster.stopApiServer();
    await vi.waitFor(() => expect(watch.stderr()).toMatch(/Trying again/), SOON);
    await cluster.startApiServer();
    await vi.waitFor(() => expect(watch.stderr()).toMatch(/Watching again/), SOON);
    await post(cluster, asJson(podEvent({ sequence: 12, namespace: 'live', pod: 'three' })));
    await vi.waitFor(() => expect(pods()).toHaveLength(4), SOON);
    const row = (pod: string, count: string) => [
      pod,
      'app',
      'java (4242)',
      '512Mi',
      count,
      'node-1',
    ];
    expect(pods()).toEqual([row('one', '1'), row('two', '1'), row('one', '2'), row('three', '1')]);
    expect(await watch.stop()).toBe(0);
  });
});
