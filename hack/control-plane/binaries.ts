import { constants } from 'node:fs';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Log } from './commands.ts';
import { downloadReleases } from './download-releases.ts';
import { hasGo } from './go-build.ts';
import { buildModules } from './go-modules.ts';
import { withLock } from './lock.ts';
import { type Versions, wantedVersions } from './versions.ts';

export interface Binaries {
  readonly directory: string;
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubectl: string;
}

export interface ResolveOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly log?: Log;
}

/** Names a directory that is being filled; one found under the lock was left by a crash. */
const STAGING = 'staging-';

/** Where the binaries come from, in this order; README.md beside this file explains each. */
export async function resolveBinaries(options: ResolveOptions = {}): Promise<Binaries> {
  const { env = process.env, log = logToStderr } = options;
  const assets = env['KUBEBUILDER_ASSETS'];
  if (assets) return checked(assets, 'KUBEBUILDER_ASSETS');

  const versions = wantedVersions(env);
  const cache = cacheDirectory(env);
  const directory = join(cache, `${versions.kubernetes}-etcd-${versions.etcd}`);
  if (await exists(directory)) return checked(directory, 'the cache');

  await mkdir(cache, { recursive: true });
  await withLock(join(cache, 'lock'), log, async () => {
    if (await exists(directory)) return; // somebody else made it meanwhile
    const staging = await emptyStaging(cache);
    await obtain(versions, { env, log, cache, into: staging });
    await checked(staging, 'what was just made');
    await rename(staging, directory); // whole or not at all
  });
  return checked(directory, 'the cache');
}

/** `$XDG_CACHE_HOME/oom-recorder/control-plane`. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  const caches = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return join(caches, 'oom-recorder', 'control-plane');
}

interface Task {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly cache: string;
  readonly into: string;
}

async function obtain(versions: Versions, { env, log, cache, into }: Task): Promise<void> {
  if (await hasGo(env)) {
    log(`building etcd ${versions.etcd} and Kubernetes ${versions.kubernetes} (once, minutes)`);
    await buildModules(versions, { env, log, generated: join(cache, 'modules'), into });
    return;
  }
  log(`downloading etcd ${versions.etcd} and Kubernetes ${versions.kubernetes} (once)`);
  await downloadReleases(versions, { env, into });
}

async function emptyStaging(cache: string): Promise<string> {
  for (const name of await readdir(cache))
    if (name.startsWith(STAGING)) await rm(join(cache, name), { recursive: true, force: true });
  const staging = join(cache, `${STAGING}${process.pid}`);
  await mkdir(staging);
  return staging;
}

async function checked(directory: string, origin: string): Promise<Binaries> {
  const binary = async (name: string): Promise<string> => {
    const file = join(directory, name);
    await access(file, constants.X_OK).catch((cause: unknown) => {
      throw new Error(`${origin} has no executable ${file}`, { cause });
    });
    return file;
  };
  return {
    directory,
    etcd: await binary('etcd'),
    kubeApiserver: await binary('kube-apiserver'),
    kubectl: await binary('kubectl'),
  };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function logToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
