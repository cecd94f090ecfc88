import { access, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
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

export interface CacheEntry {
  readonly cache: string;
  readonly name: string;
  readonly log: Log;
  /** Of entries whose names begin the same up to a dash, so many stay: those used last. All by default. */
  readonly keep?: number;
}

/**
 * A directory in a cache, filled by the first who asks for it. It appears whole or not at all, and
 * whoever asks meanwhile waits. One lock for the whole cache: `fill` must not ask for another one.
 */
export async function cachedDirectory(
  { cache, name, log, keep }: CacheEntry,
  fill: (into: string) => Promise<void>,
): Promise<string> {
  const directory = join(cache, name);
  if (!(await exists(directory))) {
    await mkdir(cache, { recursive: true });
    await withLock(join(cache, 'lock'), log, async () => {
      if (await exists(directory)) return; // somebody else made it meanwhile
      const staging = await emptyStaging(cache);
      await fill(staging);
      await rename(staging, directory);
      if (keep !== undefined) await forgetOld(cache, name, keep);
    });
  }
  await utimes(directory, new Date(), new Date()).catch(() => {}); // of another user's: read only
  return directory;
}

async function emptyStaging(cache: string): Promise<string> {
  for (const name of await readdir(cache))
    if (name.startsWith(STAGING)) await rm(join(cache, name), { recursive: true, force: true });
  const staging = join(cache, `${STAGING}${process.pid}`);
  await mkdir(staging);
  return staging;
}

/** What is in use meanwhile is open, and stays until it is closed. */
async function forgetOld(cache: string, name: string, keep: number): Promise<void> {
  const kind = name.slice(0, name.indexOf('-') + 1);
  const names = (await readdir(cache)).filter((other) => other.startsWith(kind));
  const entries = await Promise.all(
    names.map(async (name) => ({ name, usedAt: (await stat(join(cache, name))).mtimeMs })),
  );
  const old = entries.toSorted((a, b) => b.usedAt - a.usedAt).slice(keep);
  for (const { name } of old) await rm(join(cache, name), { recursive: true, force: true });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
