import { symlink } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { resolveBinaries } from '../../hack/control-plane/binaries.ts';
import { haveChromium, launchChromium } from '../support/chromium.ts';
import { dashboardQueries } from '../support/dashboard.ts';
import { docCommand } from '../support/doc-commands.ts';
import { findHelm } from '../support/helm.ts';
import { runPlugin, type RunningPlugin, startPlugin } from '../support/kubectl-plugin.ts';
import { Prometheus } from '../support/prometheus.ts';
import { tempDirectory } from '../support/temp-directory.ts';
import { haveTools } from '../support/test-tools.ts';

/**
 * What people see and type on a node with a kubelet and the agent of `manifests/base`, such as `make node` boots:
 * `NODE_KUBECONFIG=… npx vitest run --project e2e test/e2e/real-node.test.ts`. `make node-test` does that at its end.
 */
const KUBECONFIG = process.env['NODE_KUBECONFIG'];
const ROOT = join(import.meta.dirname, '../..');
/** Pods come and go on an emulated machine. */
const SOON = { timeout: 400_000, interval: 1000 };
const LIMIT_MS = 900_000;
/** What the agent of `manifests/base` does not have. */
const OTHER_OUTPUTS = /oom_recorder_(?:influx|webhook)_/;
const IMAGE = 'registry.example.com/oom-recorder';

let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  if (KUBECONFIG === undefined) return;
  const { directory: kubectl } = await resolveBinaries();
  const helm = await findHelm();
  if (helm === undefined) throw new Error('helm is needed here');
  const PATH = [kubectl, dirname(helm), process.env['PATH']].join(delimiter);
  env = { ...process.env, KUBECONFIG, PATH };
}, LIMIT_MS);

/** Types what must succeed. */
async function type(command: string, cwd = ROOT): Promise<string> {
  const { code, stdout, stderr } = await runPlugin('bash', ['-euc', command], env, cwd);
  expect(code, `${command}\n${stderr}`).toBe(0);
  return stdout;
}

async function typeInPod(command: string): Promise<string> {
  return type(command.replace('<pod>', await agentPod()));
}

async function agentPod(): Promise<string> {
  const ready = 'kubectl -n oom-recorder rollout status daemonset/oom-recorder --timeout=5m';
  await type(ready);
  const pods = await type(
    'kubectl -n oom-recorder get pods -l app.kubernetes.io/name=oom-recorder -o name',
  );
  return pods.trim();
}

/** As documented, but for the `&`: it ends with the test. */
async function forwardPort(): Promise<RunningPlugin> {
  const { command } = docCommand('docs/history.md', 'kubectl -n oom-recorder port-forward');
  const inForeground = `exec ${command.replace('<pod>', await agentPod()).replace(/ &$/, '')}`;
  const forward = startPlugin('bash', ['-c', inForeground], env);
  await vi.waitFor(() => expect(forward.stdout()).toContain('Forwarding from'), SOON);
  return forward;
}

const specOf = () =>
  type("kubectl -n oom-recorder get daemonset oom-recorder -o jsonpath='{.spec.template.spec}'");

describe.skipIf(KUBECONFIG === undefined)('on a real node', { timeout: LIMIT_MS }, () => {
  test('an example’s kill is wherever people look', async () => {
    expect(await haveChromium()).toBe(true);
    expect(await haveTools('prometheus')).toBe(true);
    await using forward = await forwardPort();
    expect(forward.stdout()).toContain(':9095');
    await using prometheus = await Prometheus.open(9095);
    await type('kubectl create namespace shop');
    onTestFinished(() => type('kubectl delete namespace shop').then(() => undefined));
    const fromMs = Math.floor(Date.now() / 1000) * 1000;
    const example = docCommand('README.md', 'kubectl apply -f manifests/examples').command;
    await type(example.replace('kubectl', 'kubectl -n shop'));

    const event =
      /Warning +OOMKilling .*spec\.containers\{app\}: Memory limit of container app \(32Mi\)/;
    for (const pod of ['oom-container', 'oom-child']) {
      const described = () => type(`kubectl -n shop describe pod ${pod}`);
      await vi.waitFor(async () => expect(await described()).toMatch(event), SOON);
    }

    const asked = JSON.parse(await type(docCommand('docs/history.md', "curl 'http").command)) as {
      episodes: readonly { readonly pod: string }[];
    };
    expect(new Set(asked.episodes.map(({ pod }) => pod))).toEqual(
      new Set(['oom-child', 'oom-container']),
    );

    await using browser = await launchChromium();
    const page = await browser.newPage();
    await page.goto('http://localhost:9095/?namespace=shop');
    const text = await page.innerText('body');
    expect(text).toContain('oom-child');
    expect(text).toContain('oom-container');

    const firing = async () => {
      const alerts = await prometheus.alerts();
      const ours = alerts.filter(({ labels }) => labels['alertname'] === 'ContainerOomKilled');
      return ours.filter(({ state }) => state === 'firing').map(({ labels }) => labels['pod']);
    };
    await expect.poll(firing, SOON).toEqual(expect.arrayContaining(['oom-container', 'oom-child']));

    const queries = dashboardQueries({ interval: '10s', range: '10m' });
    const kills = queries.find(({ of }) => of === 'By container A')?.expression ?? '';
    const bars = async () =>
      (await prometheus.queryRange(kills, { fromMs, stepSeconds: 10 })).length;
    await expect.poll(bars, SOON).toBeGreaterThanOrEqual(2);
    for (const { of, expression, isInstant } of queries) {
      if (OTHER_OUTPUTS.test(expression)) continue;
      const ask = () =>
        isInstant
          ? prometheus.query(expression)
          : prometheus.queryRange(expression, { fromMs, stepSeconds: 10 });
      await expect.poll(ask, { ...SOON, message: of }).not.toHaveLength(0);
    }
  });

  test('the agent’s pod answers what is asked in it', async () => {
    const doctor = docCommand('docs/doctor.md', 'kubectl -n oom-recorder exec').command;
    expect(await typeInPod(doctor)).toMatch(/^✔ kernel log/m);
    const history = docCommand('docs/history.md', 'kubectl -n oom-recorder exec').command;
    expect(await typeInPod(history)).toMatch(/^shop +oom-container +app +container 32Mi /m);
  });

  test('docs/install.md removes the agent, and helm installs the same', async () => {
    const before = await specOf();
    const directory = tempDirectory();
    await symlink(join(ROOT, 'manifests'), join(directory, 'manifests'));
    const withoutOperator = docCommand('docs/install.md', 'mkdir deploy').command.replace(
      'components: [../manifests/components/monitoring]',
      '',
    );
    await type(withoutOperator, directory);
    await type(docCommand('docs/install.md', 'kubectl -n oom-recorder delete daemonset').command);
    await type(docCommand('docs/install.md', 'kubectl delete -k').command, directory);

    await type(docCommand('docs/install.md', 'kubectl apply --server-side -f').command);
    const install = docCommand('docs/install.md', 'helm install').command;
    await type(install.replace(IMAGE, 'oom-recorder'));
    await agentPod();
    expect(JSON.parse(await specOf())).toEqual(JSON.parse(before));

    await type(docCommand('docs/install.md', 'helm uninstall').command);
    await type(docCommand('docs/install.md', 'kubectl apply -f manifests/examples/remove').command);
    await type(docCommand('docs/install.md', 'kubectl -n oom-recorder rollout').command);
    await type(docCommand('docs/install.md', 'kubectl delete -f').command);
    await type(docCommand('docs/install.md', 'kubectl delete namespace').command);

    await type('kubectl apply --server-side -k manifests/base');
    const history = docCommand('docs/history.md', 'kubectl -n oom-recorder exec').command;
    expect(await typeInPod(history), 'the state that was removed').not.toContain('shop ');
  });
});
