import { constants } from 'node:fs';
import { cp, link, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedDirectory } from '../control-plane/cache.ts';
import type { Log } from '../control-plane/commands.ts';
import { type BaseImages, BUILD_IMAGE, imagesCache, RUNTIME_IMAGE } from './base-images.ts';
import { Buildah, type ImageDirectory } from './buildah.ts';
import { hashOfFiles } from './hash-of-files.ts';

const ROOT = join(import.meta.dirname, '../..');
const AGENT = 'localhost/oom-recorder';
/** Images of earlier trees, for going back and forth. A few megabytes each. */
const KEPT = 5;

/** Everything that the image is made of. The Dockerfile copies more, which changes nothing in it. */
const INPUTS = [
  'Dockerfile',
  'package.json',
  'package-lock.json',
  '.npmrc',
  'tsconfig.json',
  'hack/bundle.ts',
  'hack/narrowed',
  'src',
];

/** A blob's file is named by its digest. */
const LAYER = /^[0-9a-f]{64}$/;

/** The image of the tree as it is now, built by its Dockerfile where no equal one was before. */
export async function resolveAgentImage(
  base: BaseImages,
  { env, log }: { readonly env: NodeJS.ProcessEnv; readonly log: Log },
): Promise<ImageDirectory> {
  const cache = imagesCache(env);
  const name = `agent-${base.id}-${await hashOfFiles(INPUTS.map((path) => join(ROOT, path)))}`;
  const directory = await cachedDirectory({ cache, name, log, keep: KEPT }, async (into) => {
    log("building the agent's image");
    await build(base, into, join(cache, 'tmp'));
  });
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  return { path: join(directory, 'image'), name: `docker.io/library/oom-recorder:${version}` };
}

/** In a copy of the store, which is thrown away: what a killed build leaves in it spoils nothing. */
async function build(base: BaseImages, into: string, temporary: string): Promise<void> {
  const storage = join(into, 'storage');
  await cp(base.storage, storage, {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
  });
  const buildah = new Buildah(storage, temporary);
  await buildah.prepare();
  const args = { BUILD_IMAGE, RUNTIME_IMAGE };
  const buildArgs = Object.entries(args).flatMap(([name, value]) => [
    '--build-arg',
    `${name}=${value}`,
  ]);
  const network = ['--network', 'host']; // npm's registry may be on this machine's loopback
  await buildah.run(['build', '--quiet', ...network, ...buildArgs, '--tag', AGENT, '.'], ROOT);
  const image = join(into, 'image');
  await buildah.push(AGENT, image);
  await rm(storage, { recursive: true });
  await shareLayers(base.runtime.path, image);
}

/** The base image's hundred megabytes once, not once per image. */
async function shareLayers(base: string, image: string): Promise<void> {
  const blobs = new Set(await readdir(base));
  for (const name of await readdir(image)) {
    if (!LAYER.test(name) || !blobs.has(name)) continue;
    await rm(join(image, name));
    await link(join(base, name), join(image, name));
  }
}
