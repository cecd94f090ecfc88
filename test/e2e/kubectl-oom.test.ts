import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import { installPlugin, pluginEnv } from '../../hack/install-plugin.ts';
import { startAgent } from '../support/agent-process.ts';
import { createNode, createPod } from '../support/cluster-objects.ts';
import { testWithCluster } from '../support/cluster.ts';
import { runPlugin, startPlugin } from '../support/kubectl-plugin.ts';
import { needsRoot } from '../support/needs-root.ts';
import { makeKill } from '../support/oom-kills.ts';

const NODE = 'node-1';
/** From the kernel's line to the plugin: the agent, the API server, kubectl and Node. */
const SOON = { timeout: 30_000, interval: 500 };

const test = testWithCluster();

describe.skipIf(needsRoot())('kubectl oom', () => {
  test(
    'shows a real kill while it happens, and explains it',
    { timeout: 120_000 },
    async ({ cluster }) => {
      const directory = mkdtempSync(join(tmpdir(), 'kubectl-oom-'));
      await installPlugin(directory);
      const env = pluginEnv(directory, cluster.env);
      await createNode(cluster, NODE);
      const id = randomBytes(32).toString('hex');
      const containers = [{ name: 'app', id, memory: '16Mi' }];
      const pod = await createPod(cluster, {
        name: 'web',
        namespace: 'shop',
        node: NODE,
        containers,
      });
      await using agent = await startAgent([
        `--kubeconfig=${cluster.kubeconfig}`,
        `--node-name=${NODE}`,
        '--start-at=now',
        '--listen=none',
      ]);
      await using watch = startPlugin('kubectl', ['oom', '-n', 'shop', '-w'], env);
      await vi.waitFor(() => expect(watch.stderr()).toMatch(/No OOM kills found/), SOON);
      const { pid } = await makeKill({ pod, container: id, limit: '16M', name: 'java' });
      const row = new RegExp(String.raw`^web +app +java \(${pid}\) +16Mi +\S+ +1 +${NODE}$`, 'm');
      await vi.waitFor(() => expect(watch.stdout()).toMatch(row), SOON);
      const { stdout } = await runPlugin('kubectl', ['oom', 'web', '-n', 'shop'], env);
      expect(stdout).toMatch(new RegExp(String.raw`reached: killed process java \(pid\s${pid}\)`));
      expect(stdout).toMatch(/Raise the memory limit of container `app` to 20Mi or more/);
      expect(agent.log.length).toBeGreaterThan(0);
      rmSync(directory, { recursive: true });
    },
  );
});
