import { once } from 'node:events';
import { createServer } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TiedProcess } from '../../hack/control-plane/tied-process.ts';

/** A server of somebody else's making, in a directory that goes with it. */
export class LocalServer implements AsyncDisposable {
  readonly directory: string;
  readonly port: number;
  readonly #name: string;
  #process: TiedProcess | undefined;

  private constructor(name: string, directory: string, port: number) {
    this.#name = name;
    this.directory = directory;
    this.port = port;
  }

  static async prepare(name: string): Promise<LocalServer> {
    const directory = await mkdtemp(join(tmpdir(), `${name}-`));
    return new LocalServer(name, directory, await freePort());
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it, for the first time or again, and waits until `path` answers. */
  async start(command: readonly string[], path: string): Promise<void> {
    const log = join(this.directory, `${this.#name}.log`);
    this.#process = new TiedProcess(this.#name, command, this.directory, log);
    await this.#process.whenReady(async () => {
      const answer = await fetch(`${this.url}${path}`).catch(() => undefined);
      return answer?.ok === true;
    }, START_LIMIT_MS);
  }

  async stop(): Promise<void> {
    await this.#process?.kill('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

const START_LIMIT_MS = 30_000;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
