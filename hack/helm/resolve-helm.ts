import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory, cachedDirectory } from '../control-plane/cache.ts';
import type { Log } from '../control-plane/commands.ts';
import { goBuild, hasGo } from '../control-plane/go-build.ts';
import { requiredVersion } from '../control-plane/versions.ts';

const MODULE = fileURLToPath(new URL('.', import.meta.url));
const HELM = 'helm.sh/helm/v4';
/** Versions at the same time, for going back and forth. */
const KEPT = 2;

/**
 * Helm of the version that `go.mod` beside this file pins: built once, which takes minutes, then from the cache.
 *
 * @throws Error where there is no Go that is new enough
 */
export async function resolveHelm(env: NodeJS.ProcessEnv, log: Log): Promise<string> {
  const version = requiredVersion(MODULE, HELM);
  const cache = cacheDirectory(env, 'helm');
  const name = `helm-${version}`;
  const directory = await cachedDirectory({ cache, name, log, keep: KEPT }, async (into) => {
    if (!(await hasGo(env))) throw new Error('helm is built with Go 1.26 or later: none on PATH');
    log(`building helm ${version} (once, minutes)`);
    const build = {
      packages: [`${HELM}/cmd/helm`],
      stamps: { [`${HELM}/internal/version.version`]: version },
      output: join(into, 'helm'),
    };
    const task = { env: { ...env, GOTMPDIR: into }, log };
    await goBuild({ name: 'helm', module: MODULE, ...build }, task);
  });
  return join(directory, 'helm');
}
