import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { installPlugin, pluginEnv } from '../../hack/install-plugin.ts';
import { resolveBinaries } from '../../hack/control-plane/binaries.ts';
import { run } from '../../hack/control-plane/commands.ts';
import { runPlugin, startPlugin } from '../support/kubectl-plugin.ts';

/**
 * Of a node with a kubelet and the agent of `manifests/base`, such as `make node` boots: there alone a port can be
 * forwarded. `NODE_KUBECONFIG=… npx vitest run --project e2e test/e2e/kubectl-oom-node.test.ts`
 */
const KUBECONFIG = process.env['NODE_KUBECONFIG'];
const MANIFEST = join(import.meta.dirname, '../../manifests/examples/oom-pod.yaml');
/** Its image is pulled, and its container is killed once it has filled its memory. */
const SOON = { timeout: 180_000, interval: 2000 };
const LIMIT_MS = 240_000;

let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  if (KUBECONFIG === undefined) return;
  const { directory: kubectl } = await resolveBinaries();
  const directory = mkdtempSync(join(tmpdir(), 'kubectl-oom-'));
  await installPlugin(directory);
  const PATH = [kubectl, process.env['PATH']].join(delimiter);
  env = pluginEnv(directory, { ...process.env, KUBECONFIG, PATH });
  return () => rmSync(directory, { recursive: true });
}, LIMIT_MS);

describe.skipIf(KUBECONFIG === undefined)('kubectl oom on a real node', () => {
  const oom = (...args: readonly string[]) => runPlugin('kubectl', ['oom', ...args], env);

  test(
    'shows a kill as it comes, then from the node’s history',
    { timeout: LIMIT_MS },
    async () => {
      await using watch = startPlugin('kubectl', ['oom', '-A', '-w'], env);
      await vi.waitFor(() => expect(watch.stderr()).toMatch(/^Source: Events/), SOON);
      await run('kubectl', ['apply', '-f', MANIFEST], { env });
      onTestFinished(async () => {
        await run('kubectl', ['delete', '-f', MANIFEST, '--wait=false'], { env });
      });
      const row = /^(?<namespace>\S+) +(?<pod>oom\S*) +\S+ +\S.* \((?<pid>\d+)\)/m;
      await vi.waitFor(() => expect(watch.stdout()).toMatch(row), SOON);
      const { namespace = '', pod = '', pid } = row.exec(watch.stdout())?.groups ?? {};

      const fromEvent = await oom(pod, '-n', namespace);
      expect(fromEvent.stdout).toMatch(/^OOM kill, /);

      const listed = await oom('--from-node', '-n', namespace, '-o', 'json');
      expect(listed.stderr).toMatch(/^Source: the histories of 1 node; the shortest begins \S+ \(/);
      expect(listed.code).toBe(0);
      const { items } = JSON.parse(listed.stdout) as { items: { process?: { pid: number } }[] };
      expect(items.map(({ process }) => process?.pid)).toContain(Number(pid));

      const explained = await oom(pod, '-n', namespace, '--from-node');
      expect(explained.stdout).toMatch(/^Where \S+ went$/m);
      expect(explained.code).toBe(0);
    },
  );
});
