import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Log, run } from './commands.ts';
import { goBuild } from './go-build.ts';
import { ETCD_MODULE, KUBERNETES_MODULE, pinnedVersions, type Versions } from './versions.ts';

const KUBERNETES = 'k8s.io/kubernetes';
/** A control plane's, and what hack/node adds to them; all are pinned by the one go.mod. */
const CONTROL_PLANE_COMMANDS = ['kube-apiserver', 'kubectl'];
export const NODE_COMMANDS = ['kube-controller-manager', 'kube-scheduler', 'kubelet'];

export interface BuildTask {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  /** Where modules of Kubernetes versions other than the pinned one are kept. */
  readonly generated: string;
  readonly into: string;
}

/** etcd in a module of its own: Kubernetes' would choose older versions of what both depend on. */
export async function buildModules(versions: Versions, task: BuildTask): Promise<void> {
  const { log, into } = task;
  const env = { ...task.env, GOTMPDIR: into }; // what a killed build leaves goes with the rest
  const etcd = { packages: ['go.etcd.io/etcd/server/v3'], stamps: {}, output: join(into, 'etcd') };
  await goBuild({ name: 'etcd', module: ETCD_MODULE, ...etcd }, { env, log });
  await buildKubernetes(versions.kubernetes, CONTROL_PLANE_COMMANDS, task);
}

/** Some of Kubernetes' commands, named as the directories in its `cmd` are. */
export async function buildKubernetes(
  version: string,
  commands: readonly string[],
  task: BuildTask,
): Promise<void> {
  const { log, into } = task;
  const env = { ...task.env, GOTMPDIR: into };
  const module = await kubernetesModule(version, task);
  const [major, minor] = version.slice(1).split('.');
  const about = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const stamps = Object.fromEntries(
    Object.entries(about).map(([name, value]) => [`k8s.io/component-base/version.${name}`, value]),
  );
  const packages = commands.map(packageOf);
  const build = { name: commands.join(', '), module, packages, stamps, output: `${into}/` };
  await goBuild(build, { env, log });
}

function packageOf(command: string): string {
  return `${KUBERNETES}/cmd/${command}`;
}

async function kubernetesModule(version: string, task: BuildTask): Promise<string> {
  if (version === pinnedVersions().kubernetes) return KUBERNETES_MODULE;
  const directory = join(task.generated, version);
  await generateModule(version, directory, task);
  return directory;
}

/** What `go mod edit -json` says about the go.mod of k8s.io/kubernetes. */
interface UpstreamModule {
  readonly Go: string;
  readonly GoDebug?: readonly { readonly Key: string; readonly Value: string }[];
  readonly Replace: readonly { readonly Old: { readonly Path: string } }[];
}

/**
 * A module that requires a Kubernetes release. Kubernetes' own go.mod takes its 30-odd staging
 * modules from `./staging`; they are published as v0.MINOR.PATCH, and that is what ours takes.
 */
export async function generateModule(
  version: string,
  directory: string,
  { env, log }: Pick<BuildTask, 'env' | 'log'>,
): Promise<void> {
  log(`making go.mod and go.sum for Kubernetes ${version}`);
  await mkdir(directory, { recursive: true });
  const staging = await mkdtemp(join(tmpdir(), 'oom-recorder-module-')); // below no other go.mod
  try {
    const go = async (...args: string[]) => run('go', args, { env, cwd: staging });
    const download = await go('mod', 'download', '-json', `${KUBERNETES}@${version}`);
    const { GoMod }: { GoMod: string } = JSON.parse(download);
    const upstream: UpstreamModule = JSON.parse(await go('mod', 'edit', '-json', GoMod));
    await writeFile(join(staging, 'go.mod'), goModFor(version, upstream));
    await go('mod', 'tidy');
    for (const file of ['go.mod', 'go.sum'])
      await copyFile(join(staging, file), join(directory, file));
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

function goModFor(version: string, upstream: UpstreamModule): string {
  const staging = version.replace('v1.', 'v0.');
  return [
    'module oom-recorder.dev/hack/control-plane\n',
    `go ${upstream.Go}\n`,
    ...(upstream.GoDebug ?? []).map(({ Key, Value }) => `godebug ${Key}=${Value}\n`),
    block('tool', [...CONTROL_PLANE_COMMANDS, ...NODE_COMMANDS].map(packageOf)),
    `require ${KUBERNETES} ${version}\n`,
    block(
      'replace',
      upstream.Replace.map(({ Old }) => `${Old.Path} => ${Old.Path} ${staging}`),
    ),
  ].join('\n');
}

function block(verb: string, lines: readonly string[]): string {
  return [`${verb} (`, ...lines.map((line) => `\t${line}`), ')', ''].join('\n');
}
