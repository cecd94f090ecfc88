import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveBinaries } from '../control-plane/binaries.ts';
import { cacheDirectory, cachedDirectory } from '../control-plane/cache.ts';
import type { Log } from '../control-plane/commands.ts';
import { goBuild, hasGo } from '../control-plane/go-build.ts';
import { buildKubernetes, NODE_COMMANDS } from '../control-plane/go-modules.ts';
import { requiredVersion, wantedVersions } from '../control-plane/versions.ts';

const CONTAINERD_MODULE = fileURLToPath(new URL('containerd/', import.meta.url));
const PAUSE_MODULE = fileURLToPath(new URL('pause/', import.meta.url));
const CONTAINERD = 'github.com/containerd/containerd/v2';
/** Versions at the same time, for going back and forth. */
const KEPT = 2;
const CONTAINERD_COMMANDS = ['containerd', 'containerd-shim-runc-v2', 'ctr'];

export interface NodeBinaries {
  /** Files that belong in the guest's PATH. */
  readonly guest: readonly string[];
  /** The first process of every pod: of its image, not of the guest. */
  readonly pause: string;
  /** For the host. */
  readonly kubectl: string;
  /** Tells these binaries from those of other versions. */
  readonly version: string;
}

/** Everything on a node that is not Debian's: built from the pinned Go modules, once. */
export async function resolveNodeBinaries({
  env,
  log,
}: {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}): Promise<NodeBinaries> {
  const ours = { ...env, KUBEBUILDER_ASSETS: '' }; // whose version nobody knows
  const controlPlane = await resolveBinaries({ env: ours, log });
  const versions = wantedVersions(env);
  const containerd = requiredVersion(CONTAINERD_MODULE, CONTAINERD);
  const version = `${versions.kubernetes}-etcd-${versions.etcd}-containerd-${containerd}`;
  const cache = cacheDirectory(env, 'node');
  const name = `binaries-${version}`;
  const directory = await cachedDirectory({ cache, name, log, keep: KEPT }, async (into) => {
    if (!(await hasGo(env))) throw new Error('a node is built with Go 1.26 or later: none on PATH');
    log(`building Kubernetes ${versions.kubernetes} and containerd ${containerd} (once, minutes)`);
    const generated = join(cacheDirectory(env, 'control-plane'), 'modules');
    await mkdir(join(into, 'guest'));
    const guest = join(into, 'guest');
    await buildKubernetes(versions.kubernetes, NODE_COMMANDS, { env, log, generated, into: guest });
    const build = {
      stamps: { [`${CONTAINERD}/version.Version`]: containerd },
      output: `${guest}/`,
    };
    const packages = CONTAINERD_COMMANDS.map((command) => `${CONTAINERD}/cmd/${command}`);
    const task = { env: { ...env, GOTMPDIR: into }, log };
    await goBuild({ name: 'containerd', module: CONTAINERD_MODULE, packages, ...build }, task);
    const pause = { packages: ['.'], stamps: {}, output: join(into, 'pause') };
    await goBuild({ name: 'pause', module: PAUSE_MODULE, ...pause }, task);
  });
  const built = [...NODE_COMMANDS, ...CONTAINERD_COMMANDS].map((name) =>
    join(directory, 'guest', name),
  );
  return {
    guest: [controlPlane.etcd, controlPlane.kubeApiserver, ...built],
    pause: join(directory, 'pause'),
    kubectl: controlPlane.kubectl,
    version,
  };
}
