import { join } from 'node:path';
import { loadAllYaml } from '@kubernetes/client-node';
import { describe, expect, vi } from 'vitest';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { run } from '../../hack/control-plane/commands.ts';
import { testWithCluster } from '../support/cluster.ts';
import { CHART, findHelm, renderChart } from '../support/helm.ts';
import type { RenderedObject } from '../support/run-daemon-set.ts';

const MANIFESTS = join(import.meta.dirname, '../../manifests');
const BASE = join(MANIFESTS, 'base');
const NAMESPACE = join(BASE, 'namespace.yaml');
const CRDS = join(import.meta.dirname, '../testdata/crds');
const found = await findHelm();
const helm = found ?? '';
const test = testWithCluster();

async function kustomized(cluster: ControlPlane, path: string): Promise<Record<string, object>> {
  const rendered = await cluster.kubectl(['kustomize', join(MANIFESTS, path)]);
  return byName(
    loadAllYaml(rendered).filter(({ kind }) => !['Namespace', 'Secret'].includes(kind)),
  );
}

/** Under kind and name; lists whose order means nothing are sorted, generated names cut off. */
function byName(objects: readonly RenderedObject[]): Record<string, object> {
  return Object.fromEntries(
    objects.map((object) => [`${object.kind}/${object.metadata.name}`, inOrder(object)]),
  );
}

function inOrder(object: object): object {
  const sorted = new Set(['env', 'volumes', 'volumeMounts']);
  return JSON.parse(JSON.stringify(object), (key, value: unknown) => {
    if (key === 'name' || key === 'secretName')
      return String(value).replace(/(?<=-(?:influxdb|webhook))-\w{10}$/, '');
    if (!sorted.has(key) || !Array.isArray(value)) return value;
    return value.toSorted((a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1));
  });
}

describe.skipIf(found === undefined)('the chart', () => {
  test('makes what the base has, object by object', async ({ cluster }) => {
    const objects = byName(await renderChart(helm));
    expect(Object.keys(objects)).toHaveLength(5);
    expect(objects).toEqual(await kustomized(cluster, 'base'));
  });

  test('makes what the components have', async ({ cluster }) => {
    const labels = { release: 'kube-prometheus-stack' };
    const monitoring = await renderChart(helm, {
      podMonitor: { enabled: true, labels },
      prometheusRule: { enabled: true, labels },
      dashboard: { enabled: true },
      networkPolicy: { enabled: true },
    });
    expect(byName(monitoring)).toEqual(await kustomized(cluster, 'overlays/kube-prometheus-stack'));
    const outputs = await renderChart(helm, {
      influxdb: { secretName: 'oom-recorder-influxdb' },
      webhook: { secretName: 'oom-recorder-webhook' },
    });
    expect(byName(outputs)).toEqual(await kustomized(cluster, 'overlays/outputs'));
    const tracefs = await renderChart(helm, { confirm: 'tracefs' });
    expect(byName(tracefs)).toEqual(await kustomized(cluster, 'overlays/tracefs'));
    const unprivileged = await renderChart(helm, { unprivileged: true });
    expect(byName(unprivileged)).toEqual(await kustomized(cluster, 'overlays/unprivileged'));
    const secured = await renderChart(helm, {
      tls: { secretName: 'oom-recorder-tls' },
      metricsRequireToken: true,
      podMonitor: {
        enabled: true,
        labels,
        tlsConfig: {
          serverName: 'oom-recorder.oom-recorder.svc',
          ca: { secret: { name: 'oom-recorder-tls', key: 'ca.crt' } },
        },
        authorization: { credentials: { name: 'oom-recorder-scraper', key: 'token' } },
      },
      prometheusRule: { enabled: true, labels },
      dashboard: { enabled: true },
    });
    const { scraper, ...overlay } = Object.groupBy(
      Object.entries(await kustomized(cluster, 'overlays/secured')),
      ([name]) => (name.endsWith('/oom-recorder-scraper') ? 'scraper' : 'others'),
    );
    expect(scraper).toHaveLength(3);
    expect(byName(secured)).toEqual(Object.fromEntries(overlay.others ?? []));
  });
});

describe.skipIf(found === undefined)('helm', () => {
  const asAdmin = (cluster: ControlPlane, ...args: readonly string[]) =>
    run(helm, [...args, '--namespace=oom-recorder'], {
      env: { ...cluster.env, KUBECONFIG: cluster.kubeconfig },
    });
  const kinds =
    'daemonset,serviceaccount,resourcequota,networkpolicy,clusterrole,clusterrolebinding';
  const installed = async (cluster: ControlPlane) => {
    const label = 'app.kubernetes.io/component=node-agent';
    const args = ['get', kinds, '--namespace=oom-recorder', '-l', label, '-o', 'name'];
    return (await cluster.kubectl(args)).trim().split('\n').filter(Boolean);
  };

  test('installs, upgrades, goes back and uninstalls', async ({ cluster }) => {
    await cluster.kubectl(['apply', '--server-side', '-f', NAMESPACE]);
    const told = await asAdmin(cluster, 'install', 'oom-recorder', CHART);
    expect(told).toContain('/var/lib/oom-recorder stays on each node');
    expect(await installed(cluster)).toHaveLength(5);

    await cluster.kubectl(['apply', '--server-side', '-f', CRDS]);
    const all = ['podMonitor', 'prometheusRule', 'networkPolicy'].map((of) => `${of}.enabled=true`);
    const upgrade = () =>
      asAdmin(
        cluster,
        'upgrade',
        'oom-recorder',
        CHART,
        '--reuse-values',
        `--set=${all.join(',')}`,
      );
    await vi.waitFor(upgrade, { timeout: 30_000, interval: 1_000 });
    expect(await installed(cluster)).toHaveLength(6);
    const ours = ['get', 'podmonitor,prometheusrule', '--namespace=oom-recorder', '-o', 'name'];
    expect((await cluster.kubectl(ours)).trim().split('\n')).toHaveLength(2);
    await asAdmin(cluster, 'rollback', 'oom-recorder', '1');
    expect(await installed(cluster)).toHaveLength(5);

    await asAdmin(cluster, 'uninstall', 'oom-recorder');
    await vi.waitFor(async () => expect(await installed(cluster)).toEqual([]), 10_000);
    expect(await cluster.kubectl(['get', 'namespace', 'oom-recorder', '-o', 'name'])).toBe(
      'namespace/oom-recorder\n',
    );
  });

  test('takes over what was applied with kubectl', async ({ cluster }) => {
    await cluster.kubectl(['apply', '--server-side', '-k', BASE]);
    const install = ['install', 'oom-recorder', CHART] as const;
    await expect(asAdmin(cluster, ...install)).rejects.toThrow('invalid ownership metadata');
    await asAdmin(cluster, ...install, '--take-ownership', '--force-conflicts');
    await asAdmin(cluster, 'uninstall', 'oom-recorder');
    await vi.waitFor(async () => expect(await installed(cluster)).toEqual([]), 10_000);
  });
});
