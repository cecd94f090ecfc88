import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, cachedDirectory } from '../../../hack/control-plane/cache.ts';
import type { Log } from '../../../hack/control-plane/commands.ts';
import { goBuild, hasGo } from '../../../hack/control-plane/go-build.ts';

const MODULE = import.meta.dirname;
/** For going back and forth. */
const KEPT = 2;

/** The kubelet's own path as a program, built once for its sources; `undefined` without Go. */
export async function buildAnchor(
  print: Log,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  if (!(await hasGo(env))) {
    print('NOT COMPARED with the kubelet: its path is built with Go 1.26 or later, none on PATH');
    return undefined;
  }
  const cache = cacheDirectory(env, 'anchor');
  const log: Log = (line) => console.error(line);
  const entry = { cache, name: `anchor-${sourcesHash()}`, log, keep: KEPT };
  const built = await cachedDirectory(entry, async (into) => {
    const build = { name: 'the kubelet’s path', module: MODULE, packages: ['.'], stamps: {} };
    const task = { env: { ...env, GOTMPDIR: into }, log };
    await goBuild({ ...build, output: join(into, 'anchor') }, task);
  });
  return join(built, 'anchor');
}

function sourcesHash(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(MODULE).toSorted())
    if (!name.endsWith('.ts')) hash.update(`${name}\n`).update(readFileSync(join(MODULE, name)));
  return hash.digest('hex').slice(0, 16);
}
