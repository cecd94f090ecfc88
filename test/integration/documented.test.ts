import { rename, symlink } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import { bundle } from '../../hack/bundle.ts';
import { agentIdentity } from '../support/agent-identity.ts';
import { createNode, ensureNamespace } from '../support/cluster-objects.ts';
import { docCommand } from '../support/doc-commands.ts';
import { findHelm } from '../support/helm.ts';
import {
  type Plugin,
  type PluginRun,
  runPlugin,
  testWithPlugin,
} from '../support/kubectl-plugin.ts';
import { asJson, podEvent, post } from '../support/oom-event.ts';
import { tempDirectory } from '../support/temp-directory.ts';

const ROOT = join(import.meta.dirname, '../..');
/** The API server serves a definition some time after it took it. */
const SERVED = { timeout: 30_000, interval: 1000 };
/** The definitions of PodMonitor and PrometheusRule. */
const OPERATOR = 'kubectl apply --server-side -f test/testdata/crds';
const helm = await findHelm();
const test = testWithPlugin();

/** The first test waits for the cluster and the bundles as well. */
vi.setConfig({ testTimeout: 240_000 });

/** Types it where kubectl, its plugin and helm are there. */
function type({ cluster, env }: Plugin, command: string, cwd = ROOT): Promise<PluginRun> {
  const path = [env['PATH'], ...(helm === undefined ? [] : [dirname(helm)])].join(delimiter);
  const own = { ...env, KUBECONFIG: cluster.kubeconfig, PATH: path };
  return runPlugin('bash', ['-euc', command], own, cwd);
}

/** The same, of what must succeed. */
async function typeWell(...args: Parameters<typeof type>): Promise<string> {
  const { code, stdout, stderr } = await type(...args);
  expect(code, `stderr: ${stderr}`).toBe(0);
  return stdout;
}

describe.skipIf(helm === undefined)('what docs/install.md says to type with helm', () => {
  const { command: namespace } = docCommand('docs/install.md', 'kubectl apply --server-side -f');

  test('installs, upgrades and uninstalls', async ({ plugin }) => {
    await typeWell(plugin, namespace);
    const install = docCommand('docs/install.md', 'helm install').command;
    expect(await typeWell(plugin, install)).toContain('STATUS: deployed');
    await typeWell(plugin, OPERATOR);
    const upgrade = docCommand('docs/install.md', 'helm upgrade').command;
    await vi.waitFor(() => typeWell(plugin, upgrade), SERVED);
    const uninstall = docCommand('docs/install.md', 'helm uninstall').command;
    expect(await typeWell(plugin, uninstall)).toContain('uninstalled');
  });
});

describe('what docs/install.md says to type with kubectl', () => {
  test('applies it all', async ({ plugin }) => {
    await typeWell(plugin, OPERATOR);
    const directory = tempDirectory();
    await symlink(join(ROOT, 'manifests'), join(directory, 'manifests'));
    await typeWell(plugin, docCommand('docs/install.md', 'mkdir deploy').command, directory);
    const apply = docCommand('docs/install.md', 'kubectl apply --server-side -k').command;
    const applied = await vi.waitFor(() => typeWell(plugin, apply, directory), SERVED);
    expect(applied).toContain('daemonset.apps/oom-recorder serverside-applied');
    expect(applied).toContain('prometheusrule.monitoring.coreos.com/oom-recorder ');
    const example = docCommand('README.md', 'kubectl apply -f manifests/examples').command;
    await ensureNamespace(plugin.cluster, 'default');
    expect(await typeWell(plugin, example)).toContain('pod/oom-container created');
  });
});

test('docs/install.md puts the programs where a desk finds them', async ({ plugin }) => {
  const install = docCommand('docs/install.md', 'npm run build').command;
  const home = {
    ...plugin,
    env: { ...plugin.env, HOME: tempDirectory(), npm_config_offline: 'true' },
  };
  await typeWell(home, install);
  for (const program of ['oom-recorder', 'kubectl-oom'])
    expect(await typeWell(home, `~/.local/bin/${program} --version`)).toMatch(/^\d+\.\d+\.\d+/);
});

/** By their names, in order; whether they are met is this machine's. */
function checksOf(said: string): readonly string[] {
  return [...said.matchAll(/^[✔✘–] (?<name>\S+(?: \S+)*)/gm)].map(([, name = '']) => name);
}

describe('what docs/doctor.md says to type', () => {
  test('checks what is shown there', async ({ plugin }) => {
    const { kubeconfig } = await agentIdentity(plugin.cluster);
    const { command, output } = docCommand('docs/doctor.md', 'npm start --silent -- doctor');
    const here = command
      .replace('agent.kubeconfig', kubeconfig)
      .replace('/var/lib/oom-recorder', tempDirectory());
    const { stdout } = await type(plugin, here);
    expect(checksOf(stdout)).toEqual(checksOf(output));
    expect(stdout).toMatch(/^✔ API server +https:\/\/127\.0\.0\.1:\d+ answers, Kubernetes v/m);
  });
});

describe('what docs/kubectl-oom.md says to type', () => {
  test('of a kill', async ({ plugin }) => {
    await createNode(plugin.cluster, 'node-1');
    await ensureNamespace(plugin.cluster, 'shop');
    const event = podEvent({ sequence: 1, atMs: Date.now() - 5000, pod: 'worker-0' });
    await post(plugin.cluster, asJson(event));
    const list = docCommand('docs/kubectl-oom.md', 'kubectl oom -A').command;
    expect(await typeWell(plugin, list)).toMatch(/^shop +worker-0 +app +java \(4242\) /m);
    const explain = docCommand('docs/kubectl-oom.md', 'kubectl oom -n shop').command;
    expect(await typeWell(plugin, explain)).toMatch(/^OOM kill, /);
  });

  test('where there is none, and where no agent runs', async ({ plugin }) => {
    const none = docCommand('docs/kubectl-oom.md', 'kubectl oom');
    const { code, stdout, stderr } = await type(plugin, none.command);
    expect(`${stdout}${stderr}`.trim()).toBe(none.output);
    expect(code).toBe(0);
    const before = docCommand('docs/kubectl-oom.md', 'kubectl oom --since');
    const asked = await type(plugin, before.command);
    expect(asked.stderr.trim()).toContain(before.output);
    expect(asked.code).toBe(1);
  });

  test('so that a shell completes', async ({ plugin }) => {
    const directory = tempDirectory();
    await rename(await bundle(directory), join(directory, 'oom-recorder'));
    const completions = [
      `PATH=${directory}:$PATH`,
      docCommand('docs/kubectl-oom.md', 'source <(kubectl-oom').command,
      docCommand('docs/kubectl-oom.md', 'source <(oom-recorder').command,
      'complete -p kubectl-oom oom-recorder',
    ];
    expect(await typeWell(plugin, completions.join('\n'))).toMatch(
      /^complete .* kubectl-oom\ncomplete .* oom-recorder$/m,
    );
  });
});
