import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { writeKubeconfig } from '../../hack/control-plane/kubeconfig.ts';
import { PERMISSIONS } from '../../src/doctor/permissions.ts';
import { createNode } from '../support/cluster-objects.ts';
import { testWithCluster } from '../support/cluster.ts';
import { runFake } from '../support/fake-edge.ts';

const MANIFESTS = join(import.meta.dirname, '../../manifests/base');
const NODE = 'node-1';
/** The authorizer reads roles from a cache. */
const SOON = { timeout: 15_000, interval: 200 };

interface Scene {
  readonly cluster: ControlPlane;
  readonly kubeconfig: string;
}

/** A cluster with nothing but the manifests, and a Node. */
const test = testWithCluster().extend<{ scene: Scene }>({
  scene: [
    async ({ cluster }, use) => {
      await cluster.kubectl(['apply', '--server-side', '-k', MANIFESTS]);
      await createNode(cluster, NODE);
      const { kubeconfig } = await cluster.tokenFor('oom-recorder', 'oom-recorder');
      await use({ cluster, kubeconfig });
    },
    { scope: 'file' },
  ],
});

interface Found {
  readonly name: string;
  readonly status: string;
  readonly found: string;
}

/** What is found in the cluster, by name; the node and its kernel are not asked for here. */
async function doctor(kubeconfig: string, node = NODE): Promise<ReadonlyMap<string, Found>> {
  const where = ['--kubeconfig', kubeconfig, '--node-name', node];
  const { stdout } = await runFake(['doctor', '-o', 'json', ...where]);
  const { checks } = JSON.parse(stdout) as { checks: readonly Found[] };
  return new Map(checks.map((check) => [check.name, check]));
}

const IN_CLUSTER = ['API server', ...PERMISSIONS.map(nameOf), 'Node'];

function nameOf({ verb, resource }: (typeof PERMISSIONS)[number]): string {
  return `may ${verb} ${resource}`;
}

async function failedOf(scene: Scene): Promise<string[]> {
  const found = await doctor(scene.kubeconfig);
  return IN_CLUSTER.filter((name) => found.get(name)?.status !== 'ok');
}

/** The ClusterRole of the manifests without one of its verbs, which comes back afterwards. */
async function without(
  { cluster }: Scene,
  { verb, resource }: (typeof PERMISSIONS)[number],
  run: () => Promise<void>,
): Promise<void> {
  const { rules, ...role } = JSON.parse(
    await cluster.kubectl(['get', 'clusterrole', 'oom-recorder', '-o', 'json']),
  ) as { rules: { resources: string[]; verbs: string[] }[] };
  const left = rules
    .map((rule) =>
      rule.resources.includes(resource)
        ? { ...rule, verbs: rule.verbs.filter((each) => each !== verb) }
        : rule,
    )
    .filter(({ verbs }) => verbs.length > 0);
  await cluster.kubectl(['replace', '-f', '-'], {
    input: JSON.stringify({ ...role, rules: left }),
  });
  await run();
  const file = join(MANIFESTS, 'cluster-role.yaml');
  await cluster.kubectl(['replace', '-f', '-'], { input: readFileSync(file, 'utf8') });
}

describe('doctor at a real API server', () => {
  test('finds all that the manifests bring, and the clock right', async ({ scene }) => {
    await vi.waitFor(async () => expect(await failedOf(scene)).toEqual([]), SOON);
    const found = await doctor(scene.kubeconfig);
    expect(found.get('API server')?.found).toMatch(
      new RegExp(`^${scene.cluster.url} answers, Kubernetes v1\\.\\d+`),
    );
    // The wall clock of the test's process is 2026-11-22 at noon.
    expect(found.get('clock')?.found).toMatch(/^\d+ s (?:ahead of|behind) the API server’s$/);
  });

  for (const permission of PERMISSIONS) {
    const name = nameOf(permission);
    test(`finds that it lost the right: ${name}`, async ({ scene }) => {
      await without(scene, permission, async () => {
        await vi.waitFor(async () => expect(await failedOf(scene)).toContain(name), SOON);
        const lost = name === 'may get nodes' ? [name, 'Node'] : [name];
        expect(await failedOf(scene)).toEqual(lost);
      });
      await vi.waitFor(async () => expect(await failedOf(scene)).toEqual([]), SOON);
    });
  }

  test('finds a Node of another name, and of another machine', async ({ scene }) => {
    const { cluster, kubeconfig } = scene;
    expect((await doctor(kubeconfig, 'node-2')).get('Node')).toMatchObject({
      status: 'failed',
      found: 'node-2 is not in the cluster',
    });
    await createNode(cluster, 'node-3');
    const bootID = '00000000-0000-4000-8000-000000000000';
    const patch = JSON.stringify({ status: { nodeInfo: { bootID } } });
    await cluster.kubectl(['patch', 'node', 'node-3', '--subresource=status', '-p', patch]);
    expect((await doctor(kubeconfig, 'node-3')).get('Node')).toMatchObject({
      status: 'failed',
      found: expect.stringContaining('node-3 is another machine'),
    });
  });

  test('finds a token that is none', async ({ scene: { cluster } }) => {
    const kubeconfig = join(cluster.directory, 'wrong.kubeconfig');
    await writeKubeconfig(kubeconfig, cluster, { token: 'none' });
    expect((await doctor(kubeconfig)).get('API server')).toMatchObject({
      status: 'failed',
      found: expect.stringMatching(/HTTP 401 \[E_API_UNAUTHORIZED\]$/),
    });
  });

  test('says of one that is away that nothing else can be told', async ({ scene }) => {
    await scene.cluster.stopApiServer();
    const found = await doctor(scene.kubeconfig);
    expect(found.get('API server')).toMatchObject({
      status: 'failed',
      found: expect.stringContaining('[E_API_UNREACHABLE]'),
    });
    for (const name of IN_CLUSTER.slice(1)) {
      expect(found.get(name)).toMatchObject({
        status: 'unknown',
        found: 'the API server does not answer',
      });
    }
    await scene.cluster.startApiServer();
  });
});
