import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect } from 'vitest';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { type AgentProcess, startAgent } from '../support/agent-process.ts';
import { createNode, createPod } from '../support/cluster-objects.ts';
import { testWithCluster } from '../support/cluster.ts';
import { dashboardQueries } from '../support/dashboard.ts';
import { needsRoot } from '../support/needs-root.ts';
import { makeKill } from '../support/oom-kills.ts';
import { Prometheus } from '../support/prometheus.ts';
import { tempDirectory } from '../support/temp-directory.ts';
import { haveTools } from '../support/test-tools.ts';

const NODE = 'node-1';
const SOON = { timeout: 30_000, interval: 250 };
const TIMEOUT_MS = 180_000;
/** Of a bar; Prometheus asks each second. */
const INTERVAL_S = 10;
const canRun = !needsRoot() && (await haveTools('prometheus'));

const test = testWithCluster();

/** What takes points and posts alike. */
async function openReceiver(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const end = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: end };
}

/** An agent with everything that has metrics. */
async function startWithOutputs(cluster: ControlPlane, url: string): Promise<AgentProcess> {
  const args = [
    `--kubeconfig=${cluster.kubeconfig}`,
    `--node-name=${NODE}`,
    `--state-dir=${tempDirectory()}`,
    '--start-at=now',
    '--listen=127.0.0.1:0',
    `--webhook-url=${url}`,
    `--influx-url=${url}`,
    '--influx-bucket=oom',
    '--influx-org=example',
  ];
  return startAgent(args, { ...process.env, OOM_RECORDER_INFLUX_TOKEN: 'example' });
}

async function podWith(cluster: ControlPlane, name: string) {
  const id = randomBytes(32).toString('hex');
  const containers = [{ name: 'app', id, memory: '16Mi' }];
  const pod = await createPod(cluster, { name, namespace: 'shop', node: NODE, containers });
  const kill = () => makeKill({ pod, container: id, limit: '16M', child: true });
  return { kill };
}

interface Series {
  readonly pod?: string;
  readonly value?: string;
  readonly values?: readonly number[];
}

/** Of all bars together. */
function killsByPod(series: readonly Series[]): Record<string, number> {
  return Object.fromEntries(
    series.map(({ pod = '', value, values = [Number(value)] }) => [
      pod,
      values.reduce((sum, kills) => sum + kills, 0),
    ]),
  );
}

describe.skipIf(!canRun)('the dashboard', () => {
  test(
    'shows something in every panel after real kills, and each kill once',
    { timeout: TIMEOUT_MS },
    async ({ cluster }) => {
      await createNode(cluster, NODE);
      await using receiver = await openReceiver();
      await using agent = await startWithOutputs(cluster, receiver.url);
      await using prometheus = await Prometheus.open(await agent.port());
      const fromMs = Math.floor(Date.now() / 1000) * 1000;
      const counted = (pod: string) =>
        prometheus.query(`sum by (pod) (container_oom_events_total{pod="${pod}"})`);
      const watched = await podWith(cluster, 'watched');
      await expect.poll(() => counted('watched'), SOON).toMatchObject([{ value: '0' }]);
      await watched.kill();
      // One whose first sample may be above 0 already.
      await (await podWith(cluster, 'short')).kill();
      await watched.kill();
      await expect.poll(() => counted('short'), SOON).toMatchObject([{ value: '1' }]);
      await expect.poll(() => counted('watched'), SOON).toMatchObject([{ value: '2' }]);

      const queries = dashboardQueries({ interval: `${INTERVAL_S}s`, range: '170s' });
      const ask = (expression: string, isInstant: boolean): Promise<readonly Series[]> =>
        isInstant
          ? prometheus.query(expression)
          : prometheus.queryRange(expression, { fromMs, stepSeconds: INTERVAL_S });
      for (const { of, expression, isInstant } of queries) {
        await expect
          .poll(() => ask(expression, isInstant), { ...SOON, message: of })
          .not.toHaveLength(0);
      }
      const shown = (of: string) => queries.find((query) => query.of === of)?.expression ?? '';
      const bars = async () => killsByPod(await ask(shown('By container A'), false));
      await expect.poll(bars, SOON).toEqual({ short: 1, watched: 2 });
      expect(killsByPod(await ask(shown('Containers A'), true))).toEqual({ short: 1, watched: 2 });
    },
  );
});
