import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../control-plane/commands.ts';
import type { ImageDirectory } from './buildah.ts';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

interface Manifest {
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/**
 * Images in one tar file, in the form that containerd imports. Blobs that `present` names are left
 * out: containerd takes a layer that it has from its own store, and a layer is all there is to say
 * about a hundred megabytes.
 */
export async function writeOciArchive(
  images: readonly ImageDirectory[],
  file: string,
  present: ReadonlySet<string> = new Set(),
): Promise<void> {
  const layout = await mkdtemp(join(tmpdir(), 'oom-recorder-images-'));
  try {
    const blobs = join(layout, 'blobs/sha256');
    await mkdir(blobs, { recursive: true });
    const manifests = [];
    for (const image of images) {
      const text = await readFile(join(image.path, 'manifest.json'));
      const manifest: Manifest = JSON.parse(text.toString());
      const digest = createHash('sha256').update(text).digest('hex');
      await symlink(join(image.path, 'manifest.json'), join(blobs, digest)).catch(isThere);
      for (const blob of [manifest.config, ...manifest.layers]) {
        const name = blob.digest.replace('sha256:', '');
        if (!present.has(blob.digest))
          await symlink(join(image.path, name), join(blobs, name)).catch(isThere);
      }
      manifests.push({
        mediaType: manifest.mediaType,
        digest: `sha256:${digest}`,
        size: text.length,
        annotations: { 'io.containerd.image.name': image.name },
      });
    }
    await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
    await writeFile(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    await run('tar', ['--create', '--dereference', '--file', file, '--directory', layout, '.']);
  } finally {
    await rm(layout, { recursive: true, force: true });
  }
}

/** Two images may share a blob. */
function isThere(err: NodeJS.ErrnoException): void {
  if (err.code !== 'EEXIST') throw err;
}
