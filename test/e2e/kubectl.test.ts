import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { startAgent } from '../support/agent-process.ts';
import { createNode, createPod } from '../support/cluster-objects.ts';
import { testWithCluster } from '../support/cluster.ts';
import { makeKill } from '../support/oom-kills.ts';
import { needsRoot } from '../support/needs-root.ts';

const NODE = 'node-1';
const MANIFESTS = join(import.meta.dirname, '../../manifests/base');
/** From the kernel's line to kubectl: the agent, the API server and kubectl's own start. */
const SOON = { timeout: 15_000, interval: 200 };

interface Scene {
  readonly cluster: ControlPlane;
  readonly nodeUid: string;
  readonly log: readonly string[];
}

/** An agent with nothing but its ServiceAccount's rights, on a node of a real API server. */
const test = testWithCluster().extend<{ scene: Scene }>({
  scene: [
    async ({ cluster }, use) => {
      const stateDir = mkdtempSync(join(tmpdir(), 'oom-recorder-'));
      await cluster.kubectl(['apply', '--server-side', '-k', MANIFESTS]);
      const { kubeconfig } = await cluster.tokenFor('oom-recorder', 'oom-recorder');
      const nodeUid = await createNode(cluster, NODE);
      const flags = [
        `--kubeconfig=${kubeconfig}`,
        `--node-name=${NODE}`,
        `--state-dir=${stateDir}`,
      ];
      await using agent = await startAgent([...flags, '--start-at=now', '--listen=none']);
      await use({ cluster, nodeUid, log: agent.log });
      rmSync(stateDir, { recursive: true });
    },
    { scope: 'file' },
  ],
});

/** 64 hex digits, as a container runtime makes them. */
const containerId = (): string => randomBytes(32).toString('hex');

async function sees(cluster: ControlPlane, args: readonly string[], pattern: RegExp) {
  await vi.waitFor(async () => expect(await cluster.kubectl(args)).toMatch(pattern), SOON);
}

describe.skipIf(needsRoot())('a real kill, a real API server, a real kubectl', () => {
  test('shows a container’s OOM kill wherever people look for it', async ({ scene }) => {
    const { cluster } = scene;
    const [app, sidecar] = [containerId(), containerId()];
    const containers = [
      { name: 'app', id: app, memory: '16Mi' },
      { name: 'sidecar', id: sidecar },
    ];
    const pod = await createPod(cluster, {
      name: 'web',
      namespace: 'shop',
      node: NODE,
      containers,
    });
    const { pid } = await makeKill({ pod, container: app, limit: '16M', name: 'java' });
    const message = String.raw`Memory limit of container app \(16Mi\) reached: killed process java \(pid ${pid}\), anon-rss \d+Mi`;

    await sees(
      cluster,
      ['get', 'events', '-A'],
      new RegExp(String.raw`^shop +\S+ +Warning +OOMKilling +pod/web +${message}`, 'm'),
    );
    await sees(
      cluster,
      ['get', 'events', '-n', 'shop', '-o', 'wide'],
      new RegExp(
        String.raw`pod/web +spec\.containers\{app\} +oom-recorder, node-1 +${message} +\S+ +1 +web\.[0-9a-f]{16}`,
      ),
    );
    await sees(
      cluster,
      ['describe', 'pod', 'web', '-n', 'shop'],
      new RegExp(
        String.raw`Warning +OOMKilling +\S+ +oom-recorder +spec\.containers\{app\}: ${message}`,
      ),
    );
    await sees(
      cluster,
      ['events', '-n', 'shop', '--for', 'pod/web'],
      new RegExp(String.raw`Warning +OOMKilling +Pod/web +${message}`),
    );
    await sees(
      cluster,
      ['get', 'events.v1.events.k8s.io', '-n', 'shop'],
      new RegExp(String.raw`Warning +OOMKilling +pod/web +${message}`),
    );
    const selector = '--field-selector=reason=OOMKilling,involvedObject.kind=Pod';
    await sees(cluster, ['get', 'events', '-A', selector], /pod\/web/);
  });

  test('shows a static pod’s in its describe', async ({ scene }) => {
    const { cluster } = scene;
    const hash = randomBytes(16).toString('hex');
    const app = containerId();
    const annotations = {
      'kubernetes.io/config.hash': hash,
      'kubernetes.io/config.mirror': hash,
      'kubernetes.io/config.source': 'file',
    };
    const containers = [{ name: 'etcd', id: app, memory: '16Mi' }];
    const where = { namespace: 'kube-system', node: NODE };
    await createPod(cluster, { name: 'etcd-node-1', ...where, annotations, containers });
    await makeKill({ pod: hash, container: app, limit: '16M' });
    await sees(
      cluster,
      ['describe', 'pod', 'etcd-node-1', '-n', 'kube-system'],
      /OOMKilling.*Memory limit of container etcd \(16Mi\) reached/,
    );
  });

  test('shows the Node’s in its describe and in events --for', async ({ scene }) => {
    const { cluster } = scene;
    const { podUid, pid } = await makeKill({ limit: '16M' });
    const words = new RegExp(
      String.raw`OOMKilling.*\(pid ${pid}\) in a pod unknown on this node \(pod ${podUid}`,
    );
    await sees(cluster, ['describe', 'node', NODE], words);
    await sees(cluster, ['events', '--for', `node/${NODE}`, '-n', 'default'], words);
  });

  test('says which of the pod’s containers, also an init container and a sidecar', async ({
    scene,
  }) => {
    const { cluster } = scene;
    const [app, init, proxy] = [containerId(), containerId(), containerId()];
    const pod = await createPod(cluster, {
      name: 'api',
      namespace: 'shop',
      node: NODE,
      containers: [{ name: 'app', id: app }],
      initContainers: [{ name: 'migrate', id: init, memory: '16Mi' }],
      sidecars: [{ name: 'proxy', id: proxy, memory: '16Mi' }],
    });
    await makeKill({ pod, container: init, limit: '16M' });
    await makeKill({ pod, container: proxy, limit: '16M' });
    const args = ['get', 'events', '-n', 'shop', '-o', 'wide'];
    await sees(cluster, args, /pod\/api +spec\.initContainers\{migrate\}/);
    await sees(cluster, args, /pod\/api +spec\.initContainers\{proxy\}/);
  });

  test('was never refused anything', ({ scene }) => {
    expect(scene.log.filter((line) => /"level":"(?:warn|error)"/.test(line))).toEqual([]);
  });
});
