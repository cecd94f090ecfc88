import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '../../hack/control-plane/commands.ts';
import { TiedProcess } from '../../hack/control-plane/tied-process.ts';
import { privilegedSpec, type SpecOptions } from './privileged-spec.ts';

const ROOT = join(import.meta.dirname, '../..');
const CGROUPS = '/sys/fs/cgroup';

/** Builds the bundle and the image's root file system, once for all containers of a file. */
export async function makeImage(): Promise<string> {
  const image = mkdtempSync(join(tmpdir(), 'oom-recorder-image-'));
  await run(process.execPath, ['hack/bundle.ts'], { cwd: ROOT });
  await run('hack/image-root.sh', [image, process.execPath], { cwd: ROOT });
  return image;
}

/** The agent in a container as the DaemonSet wants it, by runc; in a pod's cgroup like any other. */
export class AgentContainer implements AsyncDisposable {
  readonly id = randomBytes(32).toString('hex');
  readonly #cgroup = `/kubepods/burstable/pod${randomUUID()}/${this.id}`;
  readonly #directory = mkdtempSync(join(tmpdir(), 'agent-container-'));
  readonly #logFile = join(this.#directory, 'agent.log');
  readonly #pidFile = join(this.#directory, 'pid');
  readonly #runc = ['runc', '--root', join(this.#directory, 'runc')];
  readonly #process: TiedProcess;

  /** @param options with an image from {@link makeImage} */
  constructor(options: Omit<SpecOptions, 'cgroupsPath'>) {
    const spec = privilegedSpec({ ...options, cgroupsPath: this.#cgroup });
    writeFileSync(join(this.#directory, 'config.json'), JSON.stringify(spec));
    const files = ['--bundle', this.#directory, '--pid-file', this.#pidFile];
    const command = [...this.#runc, 'run', ...files, this.id];
    this.#process = new TiedProcess('runc', command, this.#directory, this.#logFile);
  }

  /** What it printed so far, stdout and stderr. */
  get output(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  /** Its main process, as the node numbers it; also when it has ended. */
  get pid(): number {
    return Number(readFileSync(this.#pidFile, 'utf8'));
  }

  whenReady(answers: () => Promise<boolean>): Promise<void> {
    return this.#process.whenReady(answers, START_LIMIT_MS);
  }

  ended(): Promise<void> {
    return this.#process.ended();
  }

  /** Runs JavaScript in there: there is no shell. */
  async evaluate(script: string): Promise<string> {
    const [command = '', ...args] = this.#runc;
    return run(command, [...args, 'exec', this.id, '/nodejs/bin/node', '-e', script]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const [command = '', ...args] = this.#runc;
    await run(command, [...args, 'delete', '--force', this.id]).catch(() => {}); // it ended by itself
    await this.#process.ended();
    removeEmptyCgroups(this.#cgroup);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

const START_LIMIT_MS = 30_000;

/**
 * runc removes the container's cgroup and leaves the pod's, in each hierarchy of v1. Whose the ones
 * above are is not known where others make cgroups too: in `memory`, which hack/oom-kill.sh uses,
 * they stay.
 */
function removeEmptyCgroups(cgroup: string): void {
  const pod = dirname(cgroup);
  for (const hierarchy of ['', ...readdirSync(CGROUPS)]) {
    const isShared = hierarchy === '' || hierarchy === 'memory';
    for (const path of isShared ? [pod] : [pod, dirname(pod), dirname(dirname(pod))]) {
      try {
        rmdirSync(join(CGROUPS, hierarchy, path));
      } catch {
        break; // not there, or not empty
      }
    }
  }
}
