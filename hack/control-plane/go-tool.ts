import { join } from 'node:path';
import { cacheDirectory, cachedDirectory } from './cache.ts';
import type { Log } from './commands.ts';
import { goBuild, hasGo } from './go-build.ts';
import { requiredVersion } from './versions.ts';

/** A command of a Go module. */
export interface GoTool {
  readonly name: string;
  /** The directory of the go.mod that pins it. */
  readonly directory: string;
  /** The module that it comes from. */
  readonly module: string;
  readonly command: string;
  /** The Go variable that has its version. */
  readonly stamp: string;
}

/** Versions at the same time, for going back and forth. */
const KEPT = 2;

/**
 * The tool of the version that its go.mod pins: built once, which takes minutes, then from the cache.
 *
 * @throws Error where there is no Go that is new enough
 */
export async function resolveGoTool(
  { name, directory, module, command, stamp }: GoTool,
  env: NodeJS.ProcessEnv,
  log: Log,
): Promise<string> {
  const version = requiredVersion(directory, module);
  const cache = cacheDirectory(env, name);
  const entry = { cache, name: `${name}-${version}`, log, keep: KEPT };
  const built = await cachedDirectory(entry, async (into) => {
    if (!(await hasGo(env)))
      throw new Error(`${name} is built with Go 1.26 or later: none on PATH`);
    log(`building ${name} ${version} (once, minutes)`);
    const packages = [command];
    const stamps = { [stamp]: version };
    const task = { env: { ...env, GOTMPDIR: into }, log };
    await goBuild({ name, module: directory, packages, stamps, output: join(into, name) }, task);
  });
  return join(built, name);
}
