import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../../hack/control-plane/commands.ts';
import { CHART, findHelm, renderChart } from '../support/helm.ts';
import { daemonSetOf, runDaemonSet } from '../support/run-daemon-set.ts';
import { tempDirectory } from '../support/temp-directory.ts';

const found = await findHelm();
const helm = found ?? '';

/** The one container, with the pod around it. */
async function podOf(values: object) {
  const { metadata, spec } = daemonSetOf(await renderChart(helm, values)).spec?.template ?? {};
  const [container] = spec?.containers ?? [];
  return { metadata, spec, container, args: container?.args ?? [] };
}

/** A value, and where in the DaemonSet it arrives. */
const IN_THE_DAEMON_SET: readonly (readonly [values: object, where: string, what: unknown])[] = [
  [
    { image: { repository: 'r.example.com/x', tag: 'v2' } },
    'container.image',
    'r.example.com/x:v2',
  ],
  [
    { image: { digest: `sha256:${'0'.repeat(64)}` } },
    'container.image',
    `oom-recorder@sha256:${'0'.repeat(64)}`,
  ],
  [{ image: { pullPolicy: 'Always' } }, 'container.imagePullPolicy', 'Always'],
  [{ imagePullSecrets: [{ name: 'pull' }] }, 'spec.imagePullSecrets', [{ name: 'pull' }]],
  [{ nodeEvents: false }, 'args', expect.arrayContaining(['--node-events=off'])],
  [{ namespaces: ['a', 'b'] }, 'args', expect.arrayContaining(['--namespaces=a,b'])],
  [{ excludeNamespaces: ['a'] }, 'args', expect.arrayContaining(['--exclude-namespaces=a'])],
  [{ maxEventsPerMinute: 20 }, 'args', expect.arrayContaining(['--max-events-per-minute=20'])],
  [{ historyMax: 2_000_000 }, 'args', expect.arrayContaining(['--history-max=2000000'])],
  [{ logLevel: 'debug' }, 'args', expect.arrayContaining(['--log-level=debug'])],
  [{ extraArgs: ['--x=a: b'] }, 'args', expect.arrayContaining(['--x=a: b'])],
  [{ confirm: 'tracefs' }, 'spec.volumes.3.hostPath.path', '/sys/kernel/tracing'],
  [{ unprivileged: true }, 'container.securityContext.allowPrivilegeEscalation', false],
  [{ hostPID: false }, 'spec.hostPID', false],
  [{ stateDir: '/data/oom' }, 'spec.volumes.1.hostPath.path', '/data/oom'],
  [{ port: 9999 }, 'args', expect.arrayContaining(['--listen=:9999'])],
  [{ port: 9999 }, 'container.ports.0.containerPort', 9999],
  [{ priorityClassName: 'mine' }, 'spec.priorityClassName', 'mine'],
  [{ resources: { limits: { memory: '1Gi' } } }, 'container.resources.limits.memory', '1Gi'],
  [{ nodeSelector: { pool: 'a' } }, 'spec.nodeSelector.pool', 'a'],
  [{ tolerations: [{ key: 'a' }] }, 'spec.tolerations', [{ key: 'a' }]],
  [{ affinity: { nodeAffinity: {} } }, 'spec.affinity', { nodeAffinity: {} }],
  [{ podAnnotations: { a: 'b' } }, 'metadata.annotations', { a: 'b' }],
  [{ tls: { secretName: 't' } }, 'container.readinessProbe.httpGet.scheme', 'HTTPS'],
  [{ podLabels: { team: 'x' } }, 'metadata.labels.team', 'x'],
];

/** What the schema does not take, and its word for it. */
const REFUSED: readonly (readonly [values: object, words: RegExp])[] = [
  [{ nodeEvent: false }, /nodeEvent/],
  [{ image: { registry: 'r' } }, /registry/],
  [{ image: { tag: 'a b' } }, /image\/?\.?tag/],
  [{ nodeEvents: 'off' }, /nodeEvents/],
  [{ namespaces: ['Shop'] }, /namespaces/],
  [{ namespaces: ['a'], excludeNamespaces: ['b'] }, /exclude each other: give one of them/],
  [{ maxEventsPerMinute: -1 }, /maxEventsPerMinute/],
  [{ historyMax: -1 }, /historyMax/],
  [{ logLevel: 'loud' }, /logLevel/],
  [{ confirm: 'ebpf' }, /confirm/],
  [{ extraArgs: ['x'] }, /extraArgs/],
  [{ confirm: 'tracefs', unprivileged: true }, /unprivileged and confirm exclude each other/],
  [{ hostPID: 'off' }, /hostPID/],
  [{ port: 0 }, /port/],
  [{ stateDir: 'relative' }, /stateDir/],
  [{ maxUnavailable: '0%' }, /maxUnavailable/],
  // Helm says which name, and the place of now one, now another value.
  [{ podLabels: { 'app.kubernetes.io/name': 'x' } }, /app\.kubernetes\.io\/name/],
  [{ resources: { limit: {} } }, /resources/],
  [{ influxdb: { url: 'http://x' } }, /influxdb/],
  [{ webhook: { secret: 'x' } }, /webhook/],
  [{ podMonitor: { interval: 'often' } }, /interval/],
  [{ prometheusRule: { runbookUrl: 'docs/runbook.md' } }, /runbookUrl/],
  [{ networkPolicy: { namespace: 'x' } }, /networkPolicy/],
];

describe.skipIf(found === undefined)('a value', () => {
  test.each(IN_THE_DAEMON_SET)('%j is %s', async (values, where, what) => {
    expect(await podOf(values)).toHaveProperty(where, what);
  });

  test('of the rollout is', async () => {
    const rendered = daemonSetOf(await renderChart(helm, { maxUnavailable: 3 }));
    expect(rendered.spec?.updateStrategy?.rollingUpdate?.maxUnavailable).toBe(3);
  });

  test.each(REFUSED)('%j is refused', async (values, words) => {
    await expect(renderChart(helm, values)).rejects.toThrow(words);
  });

  test('of a priority class that is not the system’s brings no quota', async () => {
    for (const priorityClassName of ['', 'mine']) {
      const rendered = await renderChart(helm, { priorityClassName });
      expect(rendered.map(({ kind }) => kind)).not.toContain('ResourceQuota');
    }
  });

  test('of monitoring is in its objects', async () => {
    const labels = { release: 'prom' };
    const rendered = await renderChart(helm, {
      podMonitor: { enabled: true, labels, interval: '1m30s' },
      prometheusRule: { enabled: true, labels, runbookUrl: 'https://wiki.example.com/oom' },
      dashboard: { enabled: true, annotations: { folder: 'Memory' } },
      networkPolicy: { enabled: true, prometheusNamespace: 'observability' },
    });
    const text = (kind: string) => JSON.stringify(rendered.find((object) => object.kind === kind));
    expect(text('PodMonitor')).toMatch(/"release":"prom".*"interval":"1m30s"/);
    expect(text('PrometheusRule')).toContain('"release":"prom"');
    expect(text('PrometheusRule')).toContain('https://wiki.example.com/oom#containeroomkilled');
    expect(text('PrometheusRule')).not.toContain('https://oom-recorder.dev');
    expect(rendered.find(({ kind }) => kind === 'ConfigMap')?.metadata).toMatchObject({
      labels: { grafana_dashboard: '1' },
      annotations: { folder: 'Memory' },
    });
    expect(text('NetworkPolicy')).toContain('"kubernetes.io/metadata.name":"observability"');
  });

  test('of tokens brings the rights to have them reviewed', async () => {
    for (const values of [{ metricsRequireToken: true }, { apiAccess: { enabled: true } }]) {
      const names = (await renderChart(helm, values)).map(({ metadata }) => metadata.name);
      expect(names.filter((name) => name === 'oom-recorder-api-access')).toHaveLength(2);
    }
  });

  test('of a parent chart gets through', async () => {
    const parent = tempDirectory();
    await mkdir(join(parent, 'charts'));
    await cp(CHART, join(parent, 'charts/oom-recorder'), { recursive: true });
    await writeFile(join(parent, 'Chart.yaml'), 'apiVersion: v2\nname: parent\nversion: 1.0.0\n');
    const values = { global: { a: 1 }, 'oom-recorder': { port: 9999 } };
    const rendered = daemonSetOf(await renderChart(helm, values, parent));
    expect(rendered.spec?.template.spec?.containers[0]?.args).toContain('--listen=:9999');
  });
});

describe.skipIf(found === undefined)('the outputs', () => {
  const data = (texts: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, btoa(text)]));
  const secret = (name: string, texts: Readonly<Record<string, string>>) => ({
    kind: 'Secret',
    metadata: { name },
    data: data(texts),
  });

  test.each([
    ['InfluxDB 1', { url: 'http://influx', database: 'd', user: 'u', password: 'p' }],
    ['InfluxDB 2', { url: 'http://influx', bucket: 'b', org: 'o', token: 't' }],
  ])('of %s are options that the agent takes', async (_, texts) => {
    const rendered = await renderChart(helm, { influxdb: { secretName: 'i' } });
    const ran = await runDaemonSet([...rendered, secret('i', texts)], '/nowhere');
    expect(ran.stderr).toContain('[E_KMSG_NOT_FOUND]');
    const wrong = await runDaemonSet([...rendered, secret('i', { url: 'http://influx' })], '/');
    expect(wrong.stderr).toContain('[E_INFLUX_OPTIONS]');
  });

  test('of a webhook are options that the agent takes', async () => {
    const directory = tempDirectory();
    await writeFile(join(directory, 'secret'), 'example');
    await writeFile(join(directory, 'ca.crt'), 'example');
    const all = { secretName: 'w', signed: true, ownAuthority: true, taskTables: true };
    for (const webhook of [all, { ...all, signed: false, ownAuthority: false }]) {
      const rendered = await renderChart(helm, { webhook });
      const url = secret('w', { url: 'https://hook' });
      const ran = await runDaemonSet([...rendered, url], directory);
      expect(ran.stderr).toContain('[E_KMSG_NOT_FOUND]');
      const mounts = daemonSetOf(rendered).spec?.template.spec?.volumes?.map(({ name }) => name);
      expect(mounts?.includes('webhook')).toBe(webhook.signed);
      const names = daemonSetOf(rendered).spec?.template.spec?.containers[0]?.env?.map(({ name }) =>
        name.replace('OOM_RECORDER_WEBHOOK_', ''),
      );
      const signed = webhook.signed ? ['SECRET_FILE', 'CA_FILE'] : [];
      expect(names).toEqual(['NODE_NAME', 'URL', ...signed, 'TASK_TABLES']);
    }
  });
});

describe.skipIf(found === undefined)('helm lint', () => {
  test('finds nothing to say', async () => {
    const said = await run(helm, ['lint', '--strict', CHART]);
    expect(said).not.toMatch(/\[(?:WARNING|ERROR)\]/);
  });
});
