import { describe, expect, vi } from 'vitest';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { COMBINED_PREFIX } from '../../src/correlator/correlator-options.ts';
import { createPod, ensureNamespace } from '../support/cluster-objects.ts';
import { oom, type Plugin, runPlugin, testWithPlugin } from '../support/kubectl-plugin.ts';
import { asJson, nodeEvent, podEvent, post } from '../support/oom-event.ts';

const MINUTE_MS = 60_000;

/** The first test waits for the cluster and the bundle as well. */
vi.setConfig({ testTimeout: 240_000 });

const test = testWithPlugin().extend<{ filled: Plugin }>({
  filled: [
    async ({ plugin }, use) => {
      await fill(plugin.cluster);
      await use(plugin);
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

describe('kubectl oom', () => {
  test('is found by kubectl', async ({ filled }) => {
    const { stdout } = await runPlugin('kubectl', ['plugin', 'list'], filled.env);
    expect(stdout).toMatch(/kubectl-oom$/m);
  });

  test('lists the kills of a namespace, the newest last', async ({ filled }) => {
    const { code, stdout, stderr } = await oom(filled, '-n', 'shop');
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^POD {5}CONTAINER {3}PROCESS {7}LIMIT {7}LAST +COUNT {3}NODE$/),
      expect.stringMatching(/^web-0 {3}app {9}java \(4242\) {3}512Mi {7}\d+m\S* +1 {7}node-1$/),
      expect.stringMatching(/^web-1 {3}app {9}<combined> {4}<unknown> {3}\S+ +12 {6}node-1$/),
      '',
    ]);
    expect(stderr).toMatch(/^Source: Events, .* --from-node\.\n$/);
    expect(code).toBe(0);
  });

  test('lists those of all namespaces, and of the Nodes where no Pod was hurt', async ({
    filled,
  }) => {
    const { stdout } = await oom(filled, '-A', '--sort-by=node');
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
    [['-A', '--since=20m', '-o', 'name', '--sort-by=pod'], 'node/node-2\npod/web-0\npod/web-1\n'],
    [['-n', 'shop', 'web-0', '-o', 'name'], 'pod/web-0\n'],
    [['-n', 'shop', 'pod/web-0', '-o', 'name'], 'pod/web-0\n'],
    [['-A', '-o', 'name', '--sort-by=count'], 'pod/batch\npod/web-0\nnode/node-2\npod/web-1\n'],
  ] as const;
  for (const [args, names] of selections) {
    test(`${args.join(' ')} selects`, async ({ filled }) => {
      expect((await oom(filled, ...args)).stdout).toBe(names);
    });
  }

  test('selects by the labels of Pods', async ({ filled }) => {
    const { cluster } = filled;
    await createPod(cluster, {
      name: 'web-0',
      namespace: 'shop',
      node: 'node-1',
      containers: [{ name: 'app', id: 'a' }],
    });
    await cluster.kubectl(['label', 'pod', 'web-0', '-n', 'shop', 'app=web']);
    const { stdout, stderr } = await oom(filled, '-n', 'shop', '-l', 'app=web', '-o', 'name');
    expect(stdout).toBe('pod/web-0\n');
    expect(stderr).toMatch(/kills of deleted Pods are not shown/);
  });

  test('explains the last kill of a Pod', async ({ filled }) => {
    const { stdout } = await oom(filled, '-n', 'shop', 'web-0');
    expect(stdout).toMatch(/^OOM kill, \S+Z, \d+m\S* ago\nMemory limit of container app \(512Mi\)/);
    expect(stdout).toMatch(/Raise the memory limit of container `app` to 640Mi/);
  });

  test('says that there are none, and how far back that is known', async ({ filled }) => {
    const { code, stdout, stderr } = await oom(filled, '--since', '30m');
    expect(stderr).toMatch(
      /^No OOM kills found in namespace default in the last 30m\.\nSource: Events/,
    );
    expect([code, stdout]).toEqual([0, '']);
  });

  test('takes the namespace and the context of the kubeconfig', async ({ filled }) => {
    const { cluster } = filled;
    await cluster.kubectl(['config', 'set-context', '--current', '--namespace=jobs']);
    expect((await oom(filled, '-o', 'name')).stdout).toBe('pod/batch\n');
    await cluster.kubectl(['config', 'set-context', '--current', '--namespace=default']);
    const missing = await oom(filled, '--context', 'nowhere');
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/^error: .* has no context nowhere\..*\n$/);
  });

  test('says in one line what it may not do', async ({ filled }) => {
    const { cluster } = filled;
    await cluster.kubectl(['create', 'serviceaccount', 'nobody', '-n', 'shop']);
    const { kubeconfig } = await cluster.tokenFor('shop', 'nobody');
    const { code, stderr } = await oom(filled, '-n', 'shop', `--kubeconfig=${kubeconfig}`);
    expect(stderr).toMatch(
      /^error: Listing Events in namespace shop at https:\S+ failed: events is forbidden: User "system:serviceaccount:shop:nobody" cannot list resource "events" .*\[E_API_FORBIDDEN\]\n$/,
    );
    expect(code).toBe(1);
  });
});
