import { rename } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { bundleKubectlOom } from './bundle.ts';

/** Puts `kubectl-oom` into a directory, as npm would: an executable, found by its name. */
export async function installPlugin(directory: string): Promise<void> {
  const { outfile } = await bundleKubectlOom(directory);
  await rename(outfile, join(directory, 'kubectl-oom'));
}

/** The environment in which a kubectl finds the plugin, and the plugin the Node that we run on. */
export function pluginEnv(directory: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const node = join(process.execPath, '..');
  return { ...env, PATH: [directory, node, env['PATH']].join(delimiter) };
}
