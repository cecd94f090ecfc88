import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadYaml } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { run } from '../../hack/control-plane/commands.ts';
import { Counters } from '../../src/telemetry/counters.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { StatusServer } from '../../src/telemetry/server.ts';
import { LocalServer } from '../support/local-server.ts';
import { metricsSource, podEntry, recordedKill } from '../support/telemetry.ts';
import { haveTools } from '../support/test-tools.ts';

const MONITORING = join(import.meta.dirname, '../../manifests/monitoring');
const isHere = await haveTools('prometheus', 'promtool');

async function serve(counters: Counters): Promise<StatusServer> {
  return StatusServer.listen(
    { host: '127.0.0.1', port: 0 },
    {
      metrics: new Metrics(metricsSource({ counters })),
      health: [],
      readiness: [],
      page: () => '',
      onError: (err) => expect.fail(String(err)),
    },
  );
}

/** Our job as people get it, but with one target: Debian's Prometheus knows no Kubernetes. */
function config(port: number): string {
  const { scrape_configs } = loadYaml<{ scrape_configs: [object] }>(
    readFileSync(join(MONITORING, 'scrape.yaml'), 'utf8'),
  );
  const [job] = scrape_configs;
  const here = { static_configs: [{ targets: [`127.0.0.1:${port}`] }] };
  const elsewhere = { kubernetes_sd_configs: undefined, relabel_configs: undefined };
  return JSON.stringify({
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [{ ...job, ...elsewhere, ...here }],
  });
}

async function query(prometheus: LocalServer, expression: string): Promise<unknown> {
  const question = `${prometheus.url}/api/v1/query?query=${encodeURIComponent(expression)}`;
  const answer = (await (await fetch(question)).json()) as {
    data: { result: { metric: object; value: [number, string] }[] };
  };
  return answer.data.result.map(({ metric, value }) => ({ ...metric, value: value[1] }));
}

describe.skipIf(!isHere)('Prometheus', () => {
  test('finds nothing to say about the metrics', async () => {
    const counters = new Counters(
      () => [podEntry('web-0')],
      () => Date.now(),
    );
    const input = await new Metrics(metricsSource({ counters })).render();
    expect(await run('promtool', ['check', 'metrics'], { input })).toBe('');
  });

  test('takes the alerts, and they fire when they should', async () => {
    await run('promtool', ['check', 'rules', join(MONITORING, 'rules.yaml')]);
    await run('promtool', ['test', 'rules', join(MONITORING, 'rules.test.yaml')]);
  });

  test('scrapes a container at 0, and its first kill', async () => {
    const counters = new Counters(
      () => [podEntry('web-0')],
      () => Date.now(),
    );
    await using server = await serve(counters);
    await using prometheus = await LocalServer.prepare('prometheus');
    const configFile = join(prometheus.directory, 'prometheus.yml');
    await writeFile(configFile, config(server.port));
    const command = [
      'prometheus',
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${prometheus.directory}/data`,
      `--web.listen-address=127.0.0.1:${prometheus.port}`,
    ];
    await prometheus.start(command, '/-/ready');

    const kills = 'container_oom_events_total{job="oom-recorder"}';
    const labels = { namespace: 'shop', pod: 'web-0', container: 'app' };
    const asked = () => query(prometheus, kills);
    const timeout = 20_000;
    await expect.poll(asked, { timeout }).toMatchObject([{ ...labels, value: '0' }]);
    counters.recorded(recordedKill(podEntry('web-0')));
    await expect.poll(asked, { timeout }).toMatchObject([{ ...labels, value: '1' }]);
    const moved = () => query(prometheus, `changes(${kills}[1m])`);
    await expect.poll(moved, { timeout }).toMatchObject([{ ...labels, value: '1' }]);
  });
});
