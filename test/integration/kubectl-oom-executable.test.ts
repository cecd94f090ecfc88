import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { buildExecutable } from '../../hack/kubectl-oom.ts';
import { ensureNamespace } from '../support/cluster-objects.ts';
import { testWithCluster } from '../support/cluster.ts';
import { runPlugin } from '../support/kubectl-plugin.ts';
import { asJson, podEvent } from '../support/oom-event.ts';

const test = testWithCluster();
/** A file of more than 100 MB is copied and written anew. */
const BUILD_MS = 300_000;

test(
  'kubectl finds and runs the single executable where there is no Node',
  { timeout: BUILD_MS },
  async ({ cluster }) => {
    const directory = mkdtempSync(join(tmpdir(), 'kubectl-oom-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    await buildExecutable(directory);
    await ensureNamespace(cluster, 'shop');
    await cluster.kubectl(['create', '-f', '-'], { input: JSON.stringify(asJson(podEvent())) });
    const PATH = [directory, cluster.binaries.directory].join(delimiter);
    const env = { PATH, KUBECONFIG: cluster.kubeconfig, HOME: directory };
    const { code, stdout } = await runPlugin('kubectl', ['oom', '-A'], env);
    expect(stdout).toMatch(/^shop +web-0 +app +java \(4242\) +512Mi +\S+ +1 +node-1$/m);
    expect(code).toBe(0);
  },
);
