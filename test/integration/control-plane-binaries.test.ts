import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { resolveBinaries } from '../../hack/control-plane/binaries.ts';
import { cacheDirectory } from '../../hack/control-plane/cache.ts';
import { run } from '../../hack/control-plane/commands.ts';
import { pinnedVersions } from '../../hack/control-plane/versions.ts';

const MAIN = join(import.meta.dirname, '../../hack/control-plane/main.ts');
const NAMES = ['etcd', 'kube-apiserver', 'kubectl'];

describe('the binaries', () => {
  let directory: string;
  let env: NodeJS.ProcessEnv;
  let mirror: Mirror;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'oom-recorder-test-'));
    mirror = await startMirror(directory);
    const path = await pathWithOldGo(directory);
    const releases = { KUBERNETES_RELEASES: mirror.url, ETCD_RELEASES: mirror.url };
    env = { PATH: path, XDG_CACHE_HOME: join(directory, 'cache'), ...releases };
  });
  afterEach(async () => {
    mirror.server.closeAllConnections();
    mirror.server.close();
    await rm(directory, { recursive: true });
  });

  test('are taken from KUBEBUILDER_ASSETS before anywhere else', async () => {
    const assets = await fillAssets(join(directory, 'assets'), NAMES);
    const found = await resolveBinaries({ env: { ...env, KUBEBUILDER_ASSETS: assets } });
    expect(found.kubectl).toBe(join(assets, 'kubectl'));
    expect(mirror.requests).toEqual([]);
  });

  test('are not looked for elsewhere when KUBEBUILDER_ASSETS lacks one', async () => {
    const assets = await fillAssets(join(directory, 'assets'), ['etcd', 'kubectl']);
    const found = resolveBinaries({ env: { ...env, KUBEBUILDER_ASSETS: assets } });
    await expect(found).rejects.toThrow('KUBEBUILDER_ASSETS has no executable');
  });

  test('are downloaded once, checked, and found in the cache from then on', async () => {
    const log = vi.fn<(line: string) => void>();
    const first = await resolveBinaries({ env, log });
    expect(await readFile(first.kubeApiserver, 'utf8')).toBe('kube-apiserver');
    expect(await readFile(first.etcd, 'utf8')).toBe('etcd');
    expect(mirror.requests).toHaveLength(6);

    expect(await resolveBinaries({ env, log })).toEqual(first);
    expect(mirror.requests).toHaveLength(6);
    expect(log).toHaveBeenCalledTimes(1);
  });

  test('of another version are kept beside the pinned ones', async () => {
    const log = vi.fn<(line: string) => void>();
    const pinned = await resolveBinaries({ env, log });
    const older = await resolveBinaries({ env: { ...env, KUBERNETES_VERSION: '1.34.2' }, log });
    expect(older.directory).not.toBe(pinned.directory);
    expect(mirror.requests.join()).toContain('/v1.34.2/');
  });

  test('with a wrong checksum never reach the cache', async () => {
    mirror.corrupt = 'kubectl';
    const found = resolveBinaries({ env, log: () => {} });
    await expect(found).rejects.toThrow(/kubectl: SHA-256 is \w+, published is \w+/);
    expect(await cached()).toEqual([]);
  });

  test('are fetched once by two runs at once', async () => {
    mirror.delayMs = 300;
    const [one, other] = await Promise.all([printBinaries(), printBinaries()]);
    expect(one).toBe(other);
    expect(mirror.requests).toHaveLength(6);
    expect(await cached()).toHaveLength(1);
  });

  test('are fetched anew after a run that was killed half-way', async () => {
    mirror.delayMs = 200;
    const killed = spawn(process.execPath, [MAIN, 'binaries'], { env, stdio: 'ignore' });
    await vi.waitFor(() => expect(mirror.requests.length).toBeGreaterThan(2), { timeout: 10_000 });
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    expect(await readdir(cacheDirectory(env, 'control-plane'))).toContainEqual(
      expect.stringMatching(/^staging-/),
    );

    const found = (await printBinaries()).trim();
    expect((await readdir(found)).toSorted()).toEqual(NAMES);
    expect(await readdir(cacheDirectory(env, 'control-plane'))).not.toContainEqual(
      expect.stringMatching(/^staging-/),
    );
  });

  const printBinaries = () => run(process.execPath, [MAIN, 'binaries'], { env });
  const cached = async () =>
    (await readdir(cacheDirectory(env, 'control-plane'))).filter((name) => name.startsWith('v1.'));
});

/** An official release site of our own, with "binaries" that hold their own names. */
interface Mirror {
  readonly url: string;
  readonly server: Server;
  readonly requests: string[];
  /** The file whose bytes are not those of its checksum. */
  corrupt?: string;
  delayMs: number;
}

async function startMirror(directory: string): Promise<Mirror> {
  const { etcd } = pinnedVersions();
  const folder = `etcd-${etcd}-linux-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const archive = await archiveOfEtcd(directory, folder);
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    mirror.requests.push(path);
    const answer = () => {
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (name === 'SHA256SUMS')
        return `${'0'.repeat(64)}  other\n${sha256(archive)}  ${folder}.tar.gz\n`;
      if (name.endsWith('.tar.gz')) return archive;
      if (name.endsWith('.sha256')) return sha256(name.replace('.sha256', ''));
      return name === mirror.corrupt ? 'something else' : name;
    };
    setTimeout(() => response.end(answer()), mirror.delayMs);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // oxlint-disable-next-line no-unsafe-type-assertion -- it listens on TCP
  const { port } = server.address() as AddressInfo;
  const mirror: Mirror = { url: `http://127.0.0.1:${port}`, server, requests: [], delayMs: 0 };
  return mirror;
}

async function archiveOfEtcd(directory: string, folder: string): Promise<Buffer> {
  await mkdir(join(directory, folder));
  await writeFile(join(directory, folder, 'etcd'), 'etcd', { mode: 0o755 });
  return execFileSync('tar', ['-cz', '-C', directory, folder]);
}

/** A PATH whose `go` is too old to build anything. */
async function pathWithOldGo(directory: string): Promise<string> {
  const bin = join(directory, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'go'), '#!/bin/sh\necho go1.25.9\n', { mode: 0o755 });
  return `${bin}:${process.env['PATH']}`;
}

async function fillAssets(assets: string, names: readonly string[]): Promise<string> {
  await mkdir(assets);
  for (const name of names) await writeFile(join(assets, name), name, { mode: 0o755 });
  return assets;
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
