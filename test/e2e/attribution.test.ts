import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { startAgent } from '../support/agent-process.ts';
import { createNode, createPod, writeStatus, type PodOnNode } from '../support/cluster-objects.ts';
import { testWithCluster } from '../support/cluster.ts';
import { needsRoot } from '../support/needs-root.ts';
import { makeKill } from '../support/oom-kills.ts';

const NODE = 'node-1';
/** A container that is in no status gets 3 s; after an outage comes the reflector's back-off. */
const SOON = { timeout: 40_000, interval: 300 };

/** An agent that posts to a real API server. */
const test = testWithCluster().extend<{ scene: ControlPlane }>({
  scene: [
    async ({ cluster }, use) => {
      const stateDir = mkdtempSync(join(tmpdir(), 'oom-recorder-'));
      await createNode(cluster, NODE);
      const agent = await startAgent([
        `--kubeconfig=${cluster.kubeconfig}`,
        `--node-name=${NODE}`,
        `--state-dir=${stateDir}`,
        '--start-at=now',
        '--listen=none',
      ]);
      await use(cluster);
      await agent.stop();
      rmSync(stateDir, { recursive: true });
    },
    { scope: 'file' },
  ],
});

const containerId = (): string => randomBytes(32).toString('hex');

function podOf(name: string, id: string): PodOnNode {
  return { name, namespace: 'shop', node: NODE, containers: [{ name: 'app', id, memory: '16Mi' }] };
}

/** `pod fieldPath message`, a line for each Event on a Pod. */
async function podEvents(cluster: ControlPlane): Promise<readonly string[]> {
  const columns = '{.involvedObject.name} {.involvedObject.fieldPath} {.message}{"\\n"}';
  const selector = '--field-selector=reason=OOMKilling,involvedObject.kind=Pod';
  const output = `jsonpath={range .items[*]}${columns}{end}`;
  const text = await cluster.kubectl(['get', 'events', '-n', 'shop', selector, '-o', output]);
  return text.trimEnd().split('\n');
}

const about = (name: string, pid: number) =>
  expect.stringMatching(
    new RegExp(
      String.raw`^${name} spec\.containers\{app\} Memory limit of container app \(16Mi\).*pid ${pid}\)`,
    ),
  );

describe.skipIf(needsRoot())('whose container it was', () => {
  test('is found for a container the agent first hears of after its kill', async ({ scene }) => {
    const [before, after] = [containerId(), containerId()];
    const uid = await createPod(scene, podOf('restarted', before));
    const { pid } = await makeKill({ pod: uid, container: after, limit: '16M' });
    await writeStatus(scene, podOf('restarted', after));
    await vi.waitFor(
      async () => expect(await podEvents(scene)).toContainEqual(about('restarted', pid)),
      SOON,
    );
  });

  test('is found for a pod that is created, killed and deleted within two seconds', async ({
    scene,
  }) => {
    const id = containerId();
    const begun = performance.now();
    const uid = await createPod(scene, podOf('short', id));
    const { pid } = await makeKill({ pod: uid, container: id, limit: '16M' });
    await scene.kubectl(['delete', 'pod', 'short', '-n', 'shop', '--force', '--grace-period=0']);
    expect(performance.now() - begun).toBeLessThan(2_000);
    await vi.waitFor(
      async () => expect(await podEvents(scene)).toContainEqual(about('short', pid)),
      SOON,
    );
  });

  test('is found for five that restarted and were killed while the API server was away', async ({
    scene,
  }) => {
    const names = ['a', 'b', 'c', 'd', 'e'].map((letter) => `away-${letter}`);
    const pods = await Promise.all(
      names.map(async (name) => ({
        name,
        uid: await createPod(scene, podOf(name, containerId())),
        restarted: containerId(),
      })),
    );
    await scene.stopApiServer();
    const kills = await Promise.all(
      pods.map(async ({ name, uid, restarted }) => {
        const { pid } = await makeKill({ pod: uid, container: restarted, limit: '16M' });
        return { name, pid };
      }),
    );
    await scene.startApiServer();
    await Promise.all(
      pods.map(({ name, restarted }) => writeStatus(scene, podOf(name, restarted))),
    );
    await vi.waitFor(async () => {
      const events = await podEvents(scene);
      for (const { name, pid } of kills) expect(events).toContainEqual(about(name, pid));
      expect(events.filter((event) => event.startsWith('away-'))).toHaveLength(pods.length);
    }, SOON);
  });
});
