import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Log } from './commands.ts';
import { withLock } from './lock.ts';

/** Names a directory that is being filled; one found under the lock was left by a crash. */
const STAGING = 'staging-';

/** `$XDG_CACHE_HOME/oom-recorder/NAME`. */
export function cacheDirectory(env: NodeJS.ProcessEnv, name: string): string {
  const caches = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return join(caches, 'oom-recorder', name);
}

/**
 * A directory in a cache, filled by the first who asks for it. It appears whole or not at all, and
 * whoever asks meanwhile waits. One lock for the whole cache: `fill` must not ask for another one.
 */
export async function cachedDirectory(
  cache: string,
  name: string,
  log: Log,
  fill: (into: string) => Promise<void>,
): Promise<string> {
  const directory = join(cache, name);
  if (await exists(directory)) return directory;
  await mkdir(cache, { recursive: true });
  await withLock(join(cache, 'lock'), log, async () => {
    if (await exists(directory)) return; // somebody else made it meanwhile
    const staging = await emptyStaging(cache);
    await fill(staging);
    await rename(staging, directory);
  });
  return directory;
}

async function emptyStaging(cache: string): Promise<string> {
  for (const name of await readdir(cache))
    if (name.startsWith(STAGING)) await rm(join(cache, name), { recursive: true, force: true });
  const staging = join(cache, `${STAGING}${process.pid}`);
  await mkdir(staging);
  return staging;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
