import { join } from 'node:path';
import { loadAllYaml } from '@kubernetes/client-node';
import { run } from '../../hack/control-plane/commands.ts';
import { resolveHelm } from '../../hack/helm/resolve-helm.ts';
import type { RenderedObject } from './run-daemon-set.ts';

export const CHART = join(import.meta.dirname, '../../manifests/chart');

/** Minutes where it must be built first. Where it cannot be had: `undefined`, which is said; with CI=true it fails. */
export async function findHelm(): Promise<string | undefined> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  try {
    return await resolveHelm(process.env, say);
  } catch (err) {
    if (process.env['CI'] === 'true') throw err;
    say(`\nSKIPPED, since this machine has no helm: ${String(err)}\n`);
    return undefined;
  }
}

/** What the chart makes in the namespace `oom-recorder`, of these values. */
export async function renderChart(
  helm: string,
  values: object = {},
  chart: string = CHART,
): Promise<readonly RenderedObject[]> {
  const args = ['template', 'oom-recorder', chart, '--namespace=oom-recorder', '--values=-'];
  return loadAllYaml(await run(helm, args, { input: JSON.stringify(values) })).filter(Boolean);
}
