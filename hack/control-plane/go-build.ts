import { type Log, run, runTied } from './commands.ts';

/** The oldest Go that builds the pinned Kubernetes (its go.mod says so). */
const GO_MINOR = 26;
const PROGRESS_EVERY_MS = 15_000;

/** Whether a Go that is new enough is on the PATH. */
export async function hasGo(env: NodeJS.ProcessEnv): Promise<boolean> {
  const version = await run('go', ['env', 'GOVERSION'], { env }).catch(() => '');
  return Number(/^go1\.(?<minor>\d+)/.exec(version)?.groups?.['minor'] ?? 0) >= GO_MINOR;
}

export interface Build {
  /** For the person who waits. */
  readonly name: string;
  /** The directory of the go.mod that pins everything. */
  readonly module: string;
  readonly packages: readonly string[];
  /** Go variables to set, as a release does. */
  readonly stamps: Readonly<Record<string, string | undefined>>;
  /** A file, or a directory with a slash at the end. */
  readonly output: string;
}

/** Builds static, stripped commands, and says every now and then how far it is. */
export async function goBuild(
  build: Build,
  { env, log }: { readonly env: NodeJS.ProcessEnv; readonly log: Log },
): Promise<void> {
  const startedAt = performance.now();
  const report = (state: string) => {
    log(`  ${build.name}, ${Math.round((performance.now() - startedAt) / 1000)} s: ${state}`);
  };
  let packages = 0;
  let last = '';
  const onErrorLine = (line: string) => {
    packages += 1; // -v names each when it is compiled
    last = line;
  };
  const progress = setInterval(
    () => report(`${packages} packages, now ${last}`),
    PROGRESS_EVERY_MS,
  );
  const stamps = Object.entries(build.stamps).map(([name, value]) => `-X ${name}=${value}`);
  const ldflags = ['-s -w', ...stamps].join(' ');
  const flags = ['-v', '-trimpath', '-buildvcs=false', '-ldflags', ldflags, '-o', build.output];
  try {
    await runTied('go', ['build', ...flags, ...build.packages], {
      cwd: build.module,
      env: { ...env, CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '' },
      onErrorLine,
    });
  } finally {
    clearInterval(progress);
  }
  report('built');
}
