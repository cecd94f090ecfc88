import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../control-plane/commands.ts';
import { resolveAgentImage } from './agent-image.ts';
import { resolveBaseImages } from './base-images.ts';
import type { ImageDirectory } from './buildah.ts';
import { IMPORT_IMAGES } from './import-images.ts';
import { resolveNodeBinaries } from './node-binaries.ts';
import { writeOciArchive } from './oci-archive.ts';
import type { RealNode } from './real-node.ts';

export const AGENT_NAMESPACE = 'oom-recorder';
export const AGENT_SELECTOR = 'app.kubernetes.io/name=oom-recorder';
const MANIFESTS = join(import.meta.dirname, '../../manifests/base');
const DAEMON_SET = 'daemonset/oom-recorder';
const ROLLOUT_LIMIT = '10m';

/**
 * The README's way to install the agent, with the image put where the kubelet finds it. The guest
 * has all layers but the last: a few megabytes are sent and unpacked.
 */
export async function deployAgent(
  node: RealNode,
  context: { readonly env: NodeJS.ProcessEnv; readonly log: Log },
): Promise<void> {
  const binaries = await resolveNodeBinaries(context);
  const base = await resolveBaseImages(binaries.pause, context);
  const image = await resolveAgentImage(base, context);
  await importImage(node, image);

  await node.whenApiServerReady();
  const inNamespace = ['--namespace', AGENT_NAMESPACE];
  const pods = ['get', 'pods', '-l', AGENT_SELECTOR, '-o', 'name', ...inNamespace];
  const before = (await node.kubectl(pods)).split('\n').filter((name) => name !== '');
  await node.kubectl(['apply', '--server-side', '-k', MANIFESTS]);
  // The tag is the same whatever the image: only a new pod takes the new one.
  if (before.length > 0)
    await node.kubectl(['delete', '--ignore-not-found', ...before, ...inNamespace]);
  await node.kubectl([
    'rollout',
    'status',
    DAEMON_SET,
    `--timeout=${ROLLOUT_LIMIT}`,
    ...inNamespace,
  ]);
}

async function importImage(node: RealNode, image: ImageDirectory): Promise<void> {
  await node.shell('systemctl start containerd'); // which systemd may still be doing by itself
  const present = await node.shell('ctr --namespace k8s.io content ls --quiet');
  const archive = join(node.directory, `image-${process.pid}.tar`);
  try {
    await writeOciArchive([image], archive, new Set(present.trim().split('\n')));
    await node.shell(IMPORT_IMAGES, { input: await readFile(archive) });
  } finally {
    await rm(archive, { force: true });
  }
}
