import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { needCommands, runTied } from '../control-plane/commands.ts';

/** What a `RUN --mount=type=cache` keeps: worth keeping, unlike the rest of buildah's temporary files. */
const KEPT = 'buildah-cache';

/** An image as `dir:` has it: manifest.json, and uncompressed blobs named by their digest. */
export interface ImageDirectory {
  readonly path: string;
  /** As containerd knows it. */
  readonly name: string;
}

/** Debian's buildah with a store of its own. It needs no daemon, and mounts nothing. */
export class Buildah {
  readonly #storage: string;
  readonly #temporary: string;

  /** `temporary` outlives the store; one run at a time. */
  constructor(storage: string, temporary: string) {
    this.#storage = storage;
    this.#temporary = temporary;
  }

  async prepare(): Promise<void> {
    await needCommands({ buildah: 'buildah' });
    await mkdir(this.#temporary, { recursive: true });
    for (const name of await readdir(this.#temporary))
      if (!name.startsWith(KEPT)) await rm(join(this.#temporary, name), { recursive: true });
  }

  /** An image of one layer out of a directory. */
  async fromDirectory(name: string, directory: string, config: readonly string[]): Promise<void> {
    const container = (await this.run(['from', 'scratch'])).trim();
    await this.run(['add', '--quiet', container, directory, '/']);
    await this.run(['config', ...config, container]);
    await this.run(['commit', '--quiet', '--timestamp', '0', '--rm', container, name]);
  }

  async push(name: string, into: string): Promise<void> {
    await this.run(['push', '--quiet', '--disable-compression', name, `dir:${into}`]);
  }

  async run(args: readonly string[], cwd?: string): Promise<string> {
    const roots = ['--root', this.#storage, '--runroot', join(this.#temporary, 'run')];
    const store = [...roots, '--storage-driver', 'vfs'];
    const env = {
      ...process.env,
      BUILDAH_ISOLATION: 'chroot', // no namespaces: works in containers, too
      TMPDIR: this.#temporary,
    };
    return runTied('buildah', [...store, ...args], { env, ...(cwd !== undefined && { cwd }) });
  }
}
