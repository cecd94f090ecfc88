import { chmod, copyFile, cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheDirectory, cachedDirectory } from '../control-plane/cache.ts';
import { type Log, run } from '../control-plane/commands.ts';
import { Buildah, type ImageDirectory } from './buildah.ts';
import { hashOfFiles } from './hash-of-files.ts';
import { unpackBusybox } from './kernel.ts';

const RUNTIME_ROOT = join(import.meta.dirname, '../runtime-root.sh');
/** The files that say how. */
const RECIPE = [RUNTIME_ROOT, import.meta.filename, join(import.meta.dirname, 'buildah.ts')];
const IMAGES = ['runtime', 'busybox', 'pause'];
/** Versions of Node, and of this file. */
const KEPT = 2;
const EXECUTABLE = 0o755;

/** For the Dockerfile's arguments of these names. */
export const BUILD_IMAGE = 'localhost/oom-recorder-build';
export const RUNTIME_IMAGE = 'localhost/oom-recorder-runtime';
/** No short name: nothing may ever look for it in a registry. */
export const PAUSE_IMAGE = 'localhost/pause:1';
/** What manifests/examples name. Debian's busybox is another version, with the same applets. */
const BUSYBOX_IMAGE = 'docker.io/library/busybox:1.37';

export interface BaseImages {
  /** Tells these from others of the same names. */
  readonly id: string;
  /** buildah's store, with BUILD_IMAGE and RUNTIME_IMAGE. */
  readonly storage: string;
  /** What the agent's image is based on: most of its bytes. */
  readonly runtime: ImageDirectory;
  readonly busybox: ImageDirectory;
  readonly pause: ImageDirectory;
}

/** Every image that is not our own, made of this machine's files: no registry is asked for anything. */
export async function resolveBaseImages(
  pauseBinary: string,
  { env, log }: { readonly env: NodeJS.ProcessEnv; readonly log: Log },
): Promise<BaseImages> {
  const cache = imagesCache(env);
  const name = `base-${await hashOfFiles([pauseBinary, ...RECIPE], process.version)}`;
  const directory = await cachedDirectory({ cache, name, log, keep: KEPT }, async (into) => {
    log('making the base images (once)');
    await makeBaseImages(pauseBinary, into, join(cache, 'tmp'));
  });
  const image = (name: string) => join(directory, name);
  const manifests = IMAGES.map((name) => join(image(name), 'manifest.json'));
  return {
    id: await hashOfFiles(manifests),
    storage: join(directory, 'storage'),
    runtime: { path: image('runtime'), name: `${RUNTIME_IMAGE}:latest` },
    busybox: { path: image('busybox'), name: BUSYBOX_IMAGE },
    pause: { path: image('pause'), name: PAUSE_IMAGE },
  };
}

export function imagesCache(env: NodeJS.ProcessEnv): string {
  return join(cacheDirectory(env, 'node'), 'images');
}

async function makeBaseImages(pauseBinary: string, into: string, temporary: string): Promise<void> {
  const buildah = new Buildah(join(into, 'storage'), temporary);
  await buildah.prepare();
  const busybox = await unpackBusybox(into);
  const tree = (name: string) => join(into, `tree-${name}`);

  await run(RUNTIME_ROOT, [tree('runtime'), process.execPath]);
  await cp(tree('runtime'), tree('build'), { recursive: true });
  await addBusybox(busybox, tree('build'));
  await addNpm(tree('build'));
  await addBusybox(busybox, tree('busybox'));
  await writeFile(join(tree('busybox'), 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  await mkdir(tree('pause'));
  await copyFile(pauseBinary, join(tree('pause'), 'pause'));

  const npm = ['NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt', 'PATH=/nodejs/bin:/bin'];
  await buildah.fromDirectory(RUNTIME_IMAGE, tree('runtime'), []);
  await buildah.fromDirectory(
    BUILD_IMAGE,
    tree('build'),
    npm.flatMap((one) => ['--env', one]),
  );
  await buildah.fromDirectory('localhost/busybox', tree('busybox'), [
    '--env',
    'PATH=/bin',
    '--cmd',
    'sh',
  ]);
  await buildah.fromDirectory('localhost/pause', tree('pause'), ['--entrypoint', '["/pause"]']);
  await buildah.push(RUNTIME_IMAGE, join(into, 'runtime'));
  for (const name of ['busybox', 'pause']) {
    await buildah.push(`localhost/${name}`, join(into, name));
    await buildah.run(['rmi', `localhost/${name}`]);
  }
  for (const name of ['runtime', 'build', 'busybox', 'pause'])
    await rm(tree(name), { recursive: true });
}

/** With a link for each of its commands; not for itself, which would be a link to a link. */
async function addBusybox(busybox: string, root: string): Promise<void> {
  for (const directory of ['bin', 'etc', 'root', 'tmp', 'usr/bin'])
    await mkdir(join(root, directory), { recursive: true });
  await copyFile(busybox, join(root, 'bin/busybox'));
  await chmod(join(root, 'bin/busybox'), EXECUTABLE);
  const applets = (await run(busybox, ['--list'])).trim().split('\n');
  for (const applet of applets)
    if (applet !== 'busybox') await symlink('busybox', join(root, 'bin', applet));
  await symlink('../../bin/env', join(root, 'usr/bin/env'));
}

/** npm as this machine has it, and the certificates that its registry is known by. */
async function addNpm(root: string): Promise<void> {
  const cli = (await run('sh', ['-c', 'readlink -f "$(command -v npm)"'])).trim();
  const npm = dirname(dirname(cli)); // of npm/bin/npm-cli.js
  await cp(npm, join(root, 'usr/lib/node_modules/npm'), { recursive: true, dereference: true });
  await symlink('../../usr/lib/node_modules/npm/bin/npm-cli.js', join(root, 'nodejs/bin/npm'));
  const certificates = '/etc/ssl/certs/ca-certificates.crt';
  await mkdir(join(root, 'etc/ssl/certs'), { recursive: true });
  await copyFile(certificates, join(root, certificates));
}
