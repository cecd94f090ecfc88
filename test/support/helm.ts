import { join } from 'node:path';
import { loadAllYaml } from '@kubernetes/client-node';
import { run } from '../../hack/control-plane/commands.ts';
import { resolveHelm } from '../../hack/helm/resolve-helm.ts';
import { findTool } from './find-tool.ts';
import type { RenderedObject } from './run-daemon-set.ts';

export const CHART = join(import.meta.dirname, '../../manifests/chart');

export const findHelm = (): Promise<string | undefined> => findTool('helm', resolveHelm);

/** What the chart makes in the namespace `oom-recorder`, of these values. */
export async function renderChart(
  helm: string,
  values: object = {},
  chart: string = CHART,
): Promise<readonly RenderedObject[]> {
  const args = ['template', 'oom-recorder', chart, '--namespace=oom-recorder', '--values=-'];
  return loadAllYaml(await run(helm, args, { input: JSON.stringify(values) })).filter(Boolean);
}
