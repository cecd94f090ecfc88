import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { ApiClient } from '../../src/kube/api-client.ts';
import { loadKubeconfig } from '../../src/kube/load-cluster.ts';
import { kubePods } from '../../src/reflector/kube-pods.ts';
import { LiveDirectory } from '../../src/reflector/live-directory.ts';
import { AGENT_FLAGS } from '../support/agent-flags.ts';
import { startAgent } from '../support/agent-process.ts';
import { testWithCluster } from '../support/cluster.ts';
import { createPod } from '../support/cluster-objects.ts';
import { MEASURED_NODE as NODE, measureListOf } from '../support/measured-list.ts';
import { HEADER, killLine, oomKillLine } from '../support/oom-lines.ts';
import { peakMemoryKb } from '../support/peak-memory.ts';
import { tempDirectory } from '../support/temp-directory.ts';

/** What etcd takes of one, nearly. */
const BALLAST_BYTES = 1_400_000;
const HUGE_PODS = 60;
/** A pod's JSON and what the collector has not taken yet; the list is 84 MB. */
const MAX_GROWN_MB = 80;

/** `limits.memory` of the DaemonSet. */
const MEMORY_LIMIT_MB = 256;
const SOON = { timeout: 30_000, interval: 100 };

/** A user who may do no more than create pods in a namespace, but on any node. */
async function createHuge(client: ApiClient, name: string, value = 'x'): Promise<void> {
  const env = [{ name: 'BALLAST', value: value.repeat(BALLAST_BYTES) }];
  const spec = { nodeName: NODE, containers: [{ name: 'app', image: 'app', env }] };
  await client.write({
    method: 'POST',
    path: '/api/v1/namespaces/default/pods',
    contentType: 'application/json',
    body: JSON.stringify({ metadata: { name }, spec }),
  });
}

async function crowd(cluster: ControlPlane): Promise<void> {
  await using client = new ApiClient(loadKubeconfig(cluster.kubeconfig, {}));
  for (let n = 0; n < HUGE_PODS; n += 1) await createHuge(client, `huge-${n}`);
}

/** The kernel's report of a kill in that container, now, as a saved log. */
function saveKill(file: string, uid: string, containerId: string): void {
  const task = `/kubepods/burstable/pod${uid}/${containerId}`;
  const nowUs = process.hrtime.bigint() / 1000n;
  const lines = [HEADER, oomKillLine(4242, task), killLine(4242)];
  writeFileSync(file, lines.map((line, n) => `6,${n},${nowUs},-;${line}\n`).join(''));
}

/** The most memory a process has until it ends, MiB. */
async function watchMemory(child: ChildProcess): Promise<number> {
  let peakKb = 0;
  const hasEnded = (): boolean => {
    if (child.exitCode !== null || child.signalCode !== null) return true;
    peakKb = peakMemoryKb(child.pid) ?? peakKb;
    return false;
  };
  await vi.waitUntil(hasEnded, { ...SOON, interval: 5 });
  return peakKb / 1024;
}

const test = testWithCluster();

describe('a node crowded with 60 pods of 1.4 MB', () => {
  const containerId = 'c'.repeat(64);

  test('lets another tenant’s pod be found, in bounded memory', async ({ cluster }) => {
    const containers = [{ name: 'app', id: containerId }];
    const pod = { name: 'victim', namespace: 'shop', node: NODE, containers };
    const uid = await createPod(cluster, pod);
    await crowd(cluster);

    const measured = await measureListOf(cluster.kubeconfig);
    console.log('60 pods of 1.4 MB', measured);
    expect(measured).toMatchObject({ pods: HUGE_PODS + 1, skipped: 0 });
    expect(measured.grownMb).toBeLessThan(MAX_GROWN_MB);

    await using client = new ApiClient(loadKubeconfig(cluster.kubeconfig, {}));
    const directory = new LiveDirectory(Date.now);
    const following = directory.follow(kubePods(client, NODE), { random: Math.random });
    await vi.waitUntil(() => directory.state.live, SOON);
    expect(directory.state).toMatchObject({ lists: 1, failures: 0, skipped: 0 });
    expect(directory.byCgroupUid(uid)).toMatchObject({ namespace: 'shop', name: 'victim' });

    // Of "<" the watch brings six times as many bytes: `\u003c`.
    await createHuge(client, 'escaped', '<');
    const names = (): string[] => directory.entries().map(({ name }) => name);
    await vi.waitUntil(() => names().includes('escaped'), SOON);
    expect(directory.state).toMatchObject({ failures: 0, skipped: 0, live: true });
    following.unsubscribe();
  });

  test('has an Event of a kill in it', async ({ cluster }) => {
    const get = ['get', 'pod', 'victim', '-n', 'shop', '-o', 'jsonpath={.metadata.uid}'];
    const directory = tempDirectory();
    const kmsg = join(directory, 'kmsg');
    saveKill(kmsg, await cluster.kubectl(get), containerId);
    const where = [`--kubeconfig=${cluster.kubeconfig}`, `--node-name=${NODE}`, '--listen=none'];
    const what = [`--kmsg=${kmsg}`, `--state-dir=${join(directory, 'state')}`];
    const args = [...where, ...what];
    await using agent = await startAgent(args, process.env, undefined, AGENT_FLAGS);
    // It ends with the saved log, when everything is posted.
    const peakMb = await watchMemory(agent.child);
    console.log('the agent’s peak, MiB', peakMb);
    expect(peakMb).toBeLessThan(MEMORY_LIMIT_MB);
    const events = ['get', 'events', '-n', 'shop', '-o', 'jsonpath={.items[*].message}'];
    expect(await cluster.kubectl(events)).toContain('pid 4242');
  });
});
