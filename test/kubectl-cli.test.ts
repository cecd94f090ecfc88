import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runKubectlOom } from '../src/kubectl-cli.ts';
import { runFakeProgram } from './support/fake-edge.ts';
import { tempDirectory } from './support/temp-directory.ts';

const run = (args: readonly string[], env = {}) => runFakeProgram(runKubectlOom, args, { env });

describe('kubectl oom ends with', () => {
  test.each([
    [['--help'], 0, /^Usage: kubectl oom \[POD\] \[options\]/],
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/],
    [['--since', 'yesterday'], 2, /Write 30m, 2h, 1d or 1h30m\./],
    [['--since', '0m'], 2, /Write 30m/],
    [['Web_0'], 2, /Write the name of a Pod, web or pod\/web\./],
    [['deployment/web'], 2, /Write the name of a Pod/],
    [['-o', 'table'], 2, /Allowed choices are wide, json, yaml, name/],
    [['--sort-by=.metadata.name'], 2, /Allowed choices are namespace, pod/],
    [['web', 'api'], 2, /too many arguments/],
    [['-w', '--from-node'], 2, /--watch follows Events.*\[E_CONFLICT\]\n$/],
    [['-w', '--since', '2h'], 2, /--watch follows Events/],
    [['web', '-A'], 2, /A Pod is named by its namespace/],
    [['--kubeconfig', '/nonexistent'], 2, /there is no such file\. .*\[E_NO_CLUSTER\]\n$/],
  ])('%j: %d', async (args, code, words) => {
    const run1 = await run(args, { HOME: '/nonexistent' });
    expect(run1.stdout + run1.stderr).toMatch(words);
    expect(run1.code).toBe(code);
  });

  test('1 where there is no kubeconfig, and none was named', async () => {
    const { code, stderr } = await run([], { HOME: '/nonexistent' });
    expect(stderr).toMatch(/^error: .*there is no such file.*\[E_NO_CLUSTER\]\n$/);
    expect(code).toBe(1);
  });

  test('1 where the cluster cannot be reached, saying which', async () => {
    const kubeconfig = join(tempDirectory(), 'config');
    const context = { cluster: 'c', user: 'u' };
    const clusters = [{ name: 'c', cluster: { server: 'http://127.0.0.1:1' } }];
    const config = { clusters, contexts: [{ name: 'x', context }], 'current-context': 'x' };
    writeFileSync(kubeconfig, JSON.stringify(config));
    const { code, stdout, stderr } = await run(['--kubeconfig', kubeconfig]);
    expect(stderr).toMatch(
      /^error: Listing Events in namespace default at http:\/\/127\.0\.0\.1:1 failed: .*ECONNREFUSED.* \[E_API_UNREACHABLE\]\n$/,
    );
    expect([code, stdout]).toEqual([1, '']);
  });
});
