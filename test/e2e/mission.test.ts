import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CoreV1Event } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { AgentContainer, makeImage } from '../support/agent-container.ts';
import { createNode, createPod } from '../support/cluster-objects.ts';
import { testWithCluster } from '../support/cluster.ts';
import { Influx, INFLUX_DATABASE, INFLUX_LOGIN } from '../support/influx.ts';
import { needsRoot } from '../support/needs-root.ts';
import { killIn, type StormPod } from '../support/pod-storm.ts';
import { Prometheus } from '../support/prometheus.ts';
import { haveTools } from '../support/test-tools.ts';

const NODE = 'node-1';
const NAMESPACE = 'shop';
const STORM = 25;
const BASE = join(import.meta.dirname, '../../manifests/base');

/** A withheld kill that only a pod's status could tell waits 10 s for one; Prometheus asks each second. */
const SOON = { timeout: 30_000, interval: 250 };
const TIMEOUT_MS = 180_000;

const canRun = !needsRoot() && (await haveTools('runc', 'prometheus', 'influxd', 'influx'));

/** Everything an SRE has, each of it real: only what would schedule the agent's pod is a test. */
interface Scene {
  readonly cluster: ControlPlane;
  readonly agent: AgentContainer;
  readonly url: string;
  readonly prometheus: Prometheus;
  readonly influx: Influx;
}

const test = testWithCluster().extend<{ scene: Scene }>({
  scene: [
    async ({ cluster }, use) => {
      const work = mkdtempSync(join(tmpdir(), 'oom-recorder-mission-'));
      const image = await makeImage();
      await using influx = await Influx.open();
      await influx.createDatabase();
      await createNode(cluster, NODE);
      const port = 20_000 + (process.pid % 10_000);
      const url = `http://127.0.0.1:${port}`;
      const { hostname, port: apiPort } = new URL(cluster.url);
      await using agent = new AgentContainer({
        image,
        hostPaths: { '/var/lib/oom-recorder': mkdtempSync(join(work, 'state-')) },
        serviceAccountDir: await serviceAccountOf(cluster, mkdtempSync(join(work, 'account-'))),
        env: {
          NODE_NAME: NODE,
          KUBERNETES_SERVICE_HOST: hostname,
          KUBERNETES_SERVICE_PORT: apiPort,
          OOM_RECORDER_INFLUX_PASSWORD: INFLUX_LOGIN.password,
        },
        args: [
          '--start-at=now',
          `--listen=127.0.0.1:${port}`,
          `--influx-url=${influx.url}`,
          `--influx-database=${INFLUX_DATABASE}`,
          `--influx-user=${INFLUX_LOGIN.user}`,
        ],
      });
      const isReady = async (): Promise<boolean> =>
        (await fetch(`${url}/readyz`).catch(() => undefined))?.ok === true;
      await agent.whenReady(isReady);
      await using prometheus = await Prometheus.open(port);
      await use({ cluster, agent, url, prometheus, influx });
      rmSync(work, { recursive: true });
      rmSync(image, { recursive: true });
    },
    { scope: 'file' },
  ],
});

/** The manifests' ServiceAccount, as the kubelet mounts it into the pod. */
async function serviceAccountOf(cluster: ControlPlane, directory: string): Promise<string> {
  await cluster.kubectl(['apply', '--server-side', '-k', BASE]);
  const { token } = await cluster.tokenFor('oom-recorder', 'oom-recorder');
  writeFileSync(join(directory, 'token'), token);
  copyFileSync(cluster.caFile, join(directory, 'ca.crt'));
  return directory;
}

async function createPods(cluster: ControlPlane): Promise<StormPod[]> {
  const pods: StormPod[] = [];
  for (let n = 0; n < STORM; n += 1) {
    const name = `web-${n}`;
    const containerId = randomBytes(32).toString('hex');
    const containers = [{ name: 'app', id: containerId, memory: '8Mi' }];
    const uid = await createPod(cluster, { name, namespace: NAMESPACE, node: NODE, containers });
    pods.push({ name, uid, containerId });
  }
  return pods;
}

/** Those of the pods, and any that blame the Node for one of their processes; others make kills, too. */
async function eventsOf(
  cluster: ControlPlane,
  victims: ReadonlyMap<number, StormPod>,
): Promise<readonly CoreV1Event[]> {
  const text = await cluster.kubectl(['get', 'events', '-A', '-o', 'json']);
  return (JSON.parse(text) as { items: CoreV1Event[] }).items.filter(
    (event) => event.metadata.namespace === NAMESPACE || victims.has(victimPid(event)),
  );
}

function victimPid({ metadata }: CoreV1Event): number {
  return Number(metadata.annotations?.['oom-recorder.dev/victim-pid']);
}

describe.skipIf(!canRun)('the whole mission', () => {
  test(
    '25 pods are OOM-killed within a second: everybody who looks is told, once',
    { timeout: TIMEOUT_MS },
    async ({ scene }) => {
      const { cluster, agent, url, prometheus, influx } = scene;
      const pods = await createPods(cluster);
      const names = pods.map(({ name }) => name).toSorted();
      const kills = `container_oom_events_total{job="oom-recorder",namespace="${NAMESPACE}"}`;
      await expect
        .poll(() => prometheus.query(kills), SOON)
        .toEqual(names.map((pod) => expect.objectContaining({ pod, value: '0' })));

      const truth = await killIn(pods);
      expect(truth.size).toBe(STORM);

      // kubectl: one Event for each container, and none on anybody else
      await expect.poll(() => eventsOf(cluster, truth), SOON).toHaveLength(STORM);
      const events = await eventsOf(cluster, truth);
      for (const event of events) {
        expect(event).toMatchObject({
          type: 'Warning',
          reason: 'OOMKilling',
          count: 1,
          involvedObject: { kind: 'Pod', namespace: NAMESPACE, fieldPath: 'spec.containers{app}' },
          source: { component: 'oom-recorder', host: NODE },
        });
        const claimed = truth.get(victimPid(event));
        if (claimed !== undefined) expect(claimed.name).toBe(event.involvedObject.name);
      }
      const about = events.map(({ involvedObject }) => involvedObject.name ?? '');
      expect(about.toSorted()).toEqual(names);
      const described = await cluster.kubectl(['describe', 'pod', 'web-0', '-n', NAMESPACE]);
      expect(described).toMatch(/Warning +OOMKilling +\S+ +oom-recorder +spec\.containers\{app\}:/);

      // Prometheus: the counter of each, and the proof
      await expect
        .poll(() => prometheus.query(kills), SOON)
        .toEqual(
          names.map((pod) => expect.objectContaining({ pod, container: 'app', value: '1' })),
        );
      const figure = async (metric: string): Promise<number> =>
        Number((await prometheus.query(`oom_recorder_${metric}`))[0]?.value);
      expect(await figure('killed_processes_total')).toBeGreaterThanOrEqual(STORM);
      expect(await figure('kernel_oom_kills_total')).toBeGreaterThanOrEqual(STORM);
      expect(await figure('unexplained_oom_kills')).toBe(0);

      // InfluxDB: a row for each
      const columns = 'container_oom_events_total, namespace, podname';
      const rows = () =>
        influx.select(`${columns} FROM container_oom_events WHERE namespace = '${NAMESPACE}'`);
      await expect.poll(rows, SOON).toHaveLength(1 + STORM);
      const [head, ...points] = await rows();
      expect(head?.slice(1)).toEqual(['time', ...columns.split(', ')]);
      expect(points.map(([, , ...values]) => values.join()).toSorted()).toEqual(
        names.map((name) => `1,${NAMESPACE},${name}`).toSorted(),
      );

      const ready = await fetch(`${url}/readyz`);
      expect([ready.status, (await ready.text()).trim()]).toEqual([200, 'ok']);
      expect(
        agent.output.split('\n').filter((line) => /"level":"(?:warn|error)"/.test(line)),
      ).toEqual([]);
    },
  );
});
