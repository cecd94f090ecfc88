import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Log, needCommands, run } from './commands.ts';
import { ETCD_MODULE, KUBERNETES_MODULE, pinnedVersions, type Versions } from './versions.ts';

/** The oldest Go that builds the pinned Kubernetes (its go.mod says so). */
const GO_MINOR = 26;
const PROGRESS_EVERY_MS = 15_000;
/** A build of minutes must not go on when whoever wanted it was killed. */
const TIE = ['--pdeathsig', 'KILL', '--'];
const KUBERNETES = 'k8s.io/kubernetes';
const COMMANDS = [`${KUBERNETES}/cmd/kube-apiserver`, `${KUBERNETES}/cmd/kubectl`];

/** Whether a Go that is new enough is on the PATH. */
export async function hasGo(env: NodeJS.ProcessEnv): Promise<boolean> {
  const version = await run('go', ['env', 'GOVERSION'], { env }).catch(() => '');
  return Number(/^go1\.(?<minor>\d+)/.exec(version)?.groups?.['minor'] ?? 0) >= GO_MINOR;
}

export interface BuildTask {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  /** Where modules of Kubernetes versions other than the pinned one are kept. */
  readonly generated: string;
  readonly into: string;
}

export async function buildModules(versions: Versions, task: BuildTask): Promise<void> {
  await needCommands({ setpriv: 'util-linux' });
  const module = await kubernetesModule(versions.kubernetes, task);
  await build(ETCD_MODULE, ['go.etcd.io/etcd/server/v3'], ['-s -w', join(task.into, 'etcd')], task);
  const [major, minor] = versions.kubernetes.slice(1).split('.');
  const about = { gitVersion: versions.kubernetes, gitMajor: major, gitMinor: minor };
  const stamps = Object.entries(about).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  await build(module, COMMANDS, [['-s -w', ...stamps].join(' '), `${task.into}/`], task);
}

async function build(
  module: string,
  packages: readonly string[],
  [ldflags, output]: readonly [string, string],
  { env, log }: BuildTask,
): Promise<void> {
  const names = packages.map((path) => path.split('/').at(-1)).join(' and ');
  const startedAt = performance.now();
  const report = (state: string) => {
    log(`  ${Math.round((performance.now() - startedAt) / 1000)} s, ${names}: ${state}`);
  };
  let lines = 0;
  let last = '';
  const progress = setInterval(() => report(`${lines} steps, now ${last}`), PROGRESS_EVERY_MS);
  const flags = ['-v', '-trimpath', '-buildvcs=false', '-ldflags', ldflags, '-o', output];
  try {
    await run('setpriv', [...TIE, 'go', 'build', ...flags, ...packages], {
      cwd: module,
      env: { ...env, CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '' },
      onErrorLine: (line) => {
        lines += 1;
        last = line;
      },
    });
  } finally {
    clearInterval(progress);
  }
  report('built');
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
    block('tool', COMMANDS),
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
