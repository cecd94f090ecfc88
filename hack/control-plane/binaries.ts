import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, cachedDirectory } from './cache.ts';
import type { Log } from './commands.ts';
import { downloadReleases } from './download-releases.ts';
import { hasGo } from './go-build.ts';
import { buildModules } from './go-modules.ts';
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

/** Where the binaries come from, in this order; README.md beside this file explains each. */
export async function resolveBinaries(options: ResolveOptions = {}): Promise<Binaries> {
  const { env = process.env, log = logToStderr } = options;
  const assets = env['KUBEBUILDER_ASSETS'];
  if (assets) return checked(assets, 'KUBEBUILDER_ASSETS');

  const versions = wantedVersions(env);
  const cache = cacheDirectory(env, 'control-plane');
  const name = `${versions.kubernetes}-etcd-${versions.etcd}`;
  const directory = await cachedDirectory({ cache, name, log }, async (into) => {
    await obtain(versions, { env, log, cache, into });
    await checked(into, 'what was just made');
  });
  return checked(directory, 'the cache');
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

function logToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
