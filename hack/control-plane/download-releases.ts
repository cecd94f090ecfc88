import { createHash } from 'node:crypto';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './commands.ts';
import type { Versions } from './versions.ts';

/** Go's names for machines, which both projects use. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
const KUBERNETES_RELEASES = 'https://dl.k8s.io';
const ETCD_RELEASES = 'https://github.com/etcd-io/etcd/releases/download';

export interface DownloadTask {
  /** `KUBERNETES_RELEASES` and `ETCD_RELEASES` name mirrors laid out like the originals. */
  readonly env: NodeJS.ProcessEnv;
  readonly into: string;
}

/** The official releases, each checked against the checksum published beside it. */
export async function downloadReleases(versions: Versions, task: DownloadTask): Promise<void> {
  const { env, into } = task;
  const machine = ARCHITECTURES[process.arch];
  if (machine === undefined) throw new Error(`no official releases for ${process.arch}`);
  const kubernetes = env['KUBERNETES_RELEASES'] || KUBERNETES_RELEASES;
  const etcd = env['ETCD_RELEASES'] || ETCD_RELEASES;

  for (const name of ['kube-apiserver', 'kubectl']) {
    const url = `${kubernetes}/${versions.kubernetes}/bin/linux/${machine}/${name}`;
    await download(url, (await textOf(`${url}.sha256`)).trim(), join(into, name));
    await chmod(join(into, name), 0o755);
  }

  const folder = `etcd-${versions.etcd}-linux-${machine}`;
  const archive = join(into, `${folder}.tar.gz`);
  const release = `${etcd}/${versions.etcd}`;
  const sum = checksumIn(await textOf(`${release}/SHA256SUMS`), `${folder}.tar.gz`);
  await download(`${release}/${folder}.tar.gz`, sum, archive);
  await run('tar', ['-xzf', archive, '-C', into, '--strip-components=1', `${folder}/etcd`]);
  await rm(archive);
}

/** Fetches a file; it is written only when its SHA-256 is the expected one. */
async function download(url: string, sha256: string, file: string): Promise<void> {
  const bytes = Buffer.from(await (await get(url)).arrayBuffer());
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) throw new Error(`${url}: SHA-256 is ${found}, published is ${sha256}`);
  await writeFile(file, bytes);
}

function checksumIn(list: string, name: string): string {
  const line = list.split('\n').find((line) => line.endsWith(` ${name}`));
  if (line === undefined) throw new Error(`SHA256SUMS has no ${name}`);
  return line.slice(0, line.indexOf(' '));
}

async function textOf(url: string): Promise<string> {
  return (await get(url)).text();
}

async function get(url: string): Promise<Response> {
  const response = await fetch(url).catch((cause: unknown) => {
    throw new Error(`cannot download ${url}; Go 1.26 on the PATH would do as well`, { cause });
  });
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
  return response;
}
