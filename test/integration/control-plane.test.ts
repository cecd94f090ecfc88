import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test as plainTest, vi } from 'vitest';
import { needCommands, run } from '../../hack/control-plane/commands.ts';
import { startControlPlane } from '../../hack/control-plane/control-plane.ts';
import { startTimeOf } from '../../hack/control-plane/kept.ts';
import { testWithCluster } from '../support/cluster.ts';

const test = testWithCluster();
const MAIN = join(import.meta.dirname, '../../hack/control-plane/main.ts');
const START_AND_WAIT = join(import.meta.dirname, '../support/start-and-wait.ts');

const privilegedPod = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'agent', namespace: 'shop' },
  spec: { containers: [{ name: 'a', image: 'a', securityContext: { privileged: true } }] },
});

describe('a control plane', () => {
  test('listens on one port of 127.0.0.1 and on no other', async ({ cluster }) => {
    await needCommands({ ss: 'iproute2' });
    const sockets = (await run('ss', ['-Hlntup'])).split('\n');
    const ours = sockets.filter((line) => cluster.pids.some((pid) => line.includes(`pid=${pid},`)));
    expect(cluster.pids).toHaveLength(2);
    expect(ours).toEqual([expect.stringContaining(` ${new URL(cluster.url).host} `)]);
  });

  test('takes a namespace and a privileged pod', async ({ cluster }) => {
    await cluster.kubectl(['create', 'namespace', 'shop']);
    await cluster.kubectl(['create', '-f', '-'], { input: privilegedPod });
    expect(await cluster.kubectl(['get', 'pods', '-n', 'shop', '-o', 'name'])).toBe('pod/agent\n');
  });

  test('knows a ServiceAccount by its token and refuses it what RBAC does not grant', async ({
    cluster,
  }) => {
    await cluster.kubectl(['create', 'namespace', 'rbac']);
    await cluster.kubectl(['create', 'serviceaccount', 'reader', '-n', 'rbac']);
    const { kubeconfig } = await cluster.tokenFor('rbac', 'reader');
    const listPods = () => cluster.kubectl(['get', 'pods', '-n', 'rbac'], { kubeconfig });
    await expect(listPods()).rejects.toThrow('"system:serviceaccount:rbac:reader" cannot list');

    const role = ['--verb=list', '--resource=pods'];
    await cluster.kubectl(['create', 'role', 'reader', '-n', 'rbac', ...role]);
    const binding = ['--role=reader', '--serviceaccount=rbac:reader'];
    await cluster.kubectl(['create', 'rolebinding', 'reader', '-n', 'rbac', ...binding]);
    await vi.waitFor(listPods, { timeout: 5_000 });
  });

  test('keeps its port, its data and its tokens over an outage', async ({ cluster }) => {
    await cluster.kubectl(['create', 'namespace', 'outage']);
    await cluster.kubectl(['create', 'serviceaccount', 'agent', '-n', 'outage']);
    const { kubeconfig } = await cluster.tokenFor('outage', 'agent');

    await cluster.stopApiServer();
    await expect(fetch(cluster.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });

    await cluster.startApiServer();
    expect(await cluster.kubectl(['get', 'namespace', 'outage', '-o', 'name'])).toContain('outage');
    expect(await cluster.kubectl(['auth', 'whoami'], { kubeconfig })).toContain('outage:agent');
  });

  test('comes back without anything it knew when etcd is emptied', async ({ cluster }) => {
    await cluster.kubectl(['create', 'namespace', 'forgotten']);
    await cluster.emptyEtcd();
    const namespaces = await cluster.kubectl(['get', 'namespaces', '-o', 'name']);
    expect(namespaces).toContain('namespace/default');
    expect(namespaces).not.toContain('forgotten');
  });
});

describe('nothing is left', () => {
  plainTest('after stop()', async () => {
    const cluster = await startControlPlane();
    const left = { directory: cluster.directory, pids: cluster.pids };
    await cluster.stop();
    expectGone(left);
    await expect(fetch(cluster.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  plainTest('when the API server does not start, and its log says why', async () => {
    const start = startControlPlane({ apiServerArgs: ['--no-such-flag'] });
    await expect(start).rejects.toThrow(/kube-apiserver ended at start[^]*no-such-flag/);
  });

  plainTest.for(['SIGKILL', 'SIGINT'] as const)('after %s of who started it', async (signal) => {
    const starter = spawn(process.execPath, [START_AND_WAIT], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(starter.stdout, 'data');
    const left: Leftovers = JSON.parse(String(line));
    expect(left.pids.map(startTimeOf)).not.toContain(undefined);
    starter.kill(signal);
    await vi.waitFor(() => expectGone(left), { timeout: 5_000 });
  });
});

describe('a development cluster', () => {
  const state = mkdtempSync(join(tmpdir(), 'oom-recorder-test-'));
  const env = { ...process.env, XDG_STATE_HOME: state };
  const devCluster = (verb: string) => run(process.execPath, [MAIN, verb], { env });
  afterAll(async () => {
    await devCluster('stop');
    await rm(state, { recursive: true });
  });

  plainTest('is started once, outlives its starters, and ends when told', async () => {
    const lines = await Promise.all([devCluster('start'), devCluster('start')]);
    lines.push(await devCluster('start'));
    expect(new Set(lines).size).toBe(1);
    const kubeconfig = /^export KUBECONFIG=(?<file>\/\S+)\n$/.exec(lines[0] ?? '')?.groups?.[
      'file'
    ];
    if (kubeconfig === undefined) throw new Error(`not the line to eval: ${lines[0]}`);
    const version = await run('sh', ['-c', `"$(node "$0" binaries)/kubectl" version`, MAIN], {
      env: { ...env, KUBECONFIG: kubeconfig },
    });
    expect(version).toContain('Server Version: v1.');

    await devCluster('stop');
    expect(existsSync(kubeconfig)).toBe(false);
    expect(await devCluster('stop')).toBe('');
  });
});

interface Leftovers {
  readonly directory: string;
  readonly pids: readonly number[];
}

function expectGone({ directory, pids }: Leftovers): void {
  expect(pids.map(startTimeOf)).toEqual(pids.map(() => undefined));
  expect(existsSync(directory)).toBe(false);
}
