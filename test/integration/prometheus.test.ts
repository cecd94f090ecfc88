import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../../hack/control-plane/commands.ts';
import { Counters } from '../../src/telemetry/counters.ts';
import { StatusServer } from '../../src/telemetry/server.ts';
import { Prometheus } from '../support/prometheus.ts';
import { statusPages } from '../support/status-pages.ts';
import { metricsOf, podEntry, recordedKill } from '../support/telemetry.ts';
import { haveTools } from '../support/test-tools.ts';

const MONITORING = join(import.meta.dirname, '../../manifests/monitoring');
const isHere = await haveTools('prometheus', 'promtool');

async function serve(counters: Counters): Promise<StatusServer> {
  return StatusServer.listen(
    { host: '127.0.0.1', port: 0 },
    statusPages({
      metrics: metricsOf({ counters }),
      openMetrics: metricsOf({ counters }, 'openMetrics'),
      onError: (err) => expect.fail(String(err)),
    }),
  );
}

describe.skipIf(!isHere)('Prometheus', () => {
  test('finds nothing to say about the metrics', async () => {
    const counters = new Counters(
      () => [podEntry('web-0')],
      () => Date.now(),
    );
    const input = await metricsOf({ counters }).render();
    expect(await run('promtool', ['check', 'metrics'], { input })).toBe('');
  });

  test('takes the alerts, and they fire when they should', async () => {
    await run('promtool', ['check', 'rules', join(MONITORING, 'rules.yaml')]);
    await run('promtool', ['test', 'rules', join(MONITORING, 'rules.test.yaml')]);
  });

  test('scrapes a container at 0, and its first kill with the number of its record', async () => {
    const counters = new Counters(
      () => [podEntry('web-0')],
      () => Date.now(),
    );
    await using server = await serve(counters);
    await using prometheus = await Prometheus.open(server.port);
    const kills = 'container_oom_events_total{job="oom-recorder"}';
    const labels = { namespace: 'shop', pod: 'web-0', container: 'app' };
    const asked = () => prometheus.query(kills);
    const timeout = 20_000;
    await expect.poll(asked, { timeout }).toMatchObject([{ ...labels, value: '0' }]);
    counters.recorded(recordedKill(podEntry('web-0')));
    await expect.poll(asked, { timeout }).toMatchObject([{ ...labels, value: '1' }]);
    const exemplars = () => prometheus.exemplars(kills);
    await expect.poll(exemplars, { timeout }).toEqual([{ sequence: '1000' }]);
    const moved = () => prometheus.query(`changes(${kills}[1m])`);
    await expect.poll(moved, { timeout }).toMatchObject([{ ...labels, value: '1' }]);
  });
});
