import { rm } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { answersOk } from './probe.ts';
import { TiedProcess } from './tied-process.ts';

const READY_LIMIT_MS = 30_000;

/** etcd on a Unix socket in the data directory: no port, and nobody else may open it. */
export class Etcd {
  readonly socket: string;
  readonly #binary: string;
  readonly #directory: string;
  #process: TiedProcess | undefined;

  constructor(binary: string, directory: string) {
    this.#binary = binary;
    this.#directory = directory;
    this.socket = join(directory, 'etcd.sock');
  }

  get process(): TiedProcess | undefined {
    return this.#process;
  }

  async start(): Promise<void> {
    const command = [
      this.#binary,
      `--data-dir=${this.#dataDirectory}`,
      '--unsafe-no-fsync', // outlives a kill of the process, not a crash of the machine
      '--log-level=warn',
      `--listen-client-urls=unix://${this.socket}`,
      '--advertise-client-urls=http://127.0.0.1:2379', // must look like a URL; nobody dials it
      '--listen-peer-urls=unix://peer.sock', // the host part is the file, relative to the directory
    ];
    const log = join(this.#directory, 'etcd.log');
    this.#process = new TiedProcess('etcd', command, this.#directory, log);
    const readyz = () => answersOk(() => request({ socketPath: this.socket, path: '/readyz' }));
    await this.#process.whenReady(readyz, READY_LIMIT_MS);
  }

  async stop(): Promise<void> {
    await this.#process?.kill('SIGKILL');
  }

  /** Forgets everything. Not while it runs. */
  async removeData(): Promise<void> {
    await rm(this.#dataDirectory, { recursive: true, force: true });
  }

  get #dataDirectory(): string {
    return join(this.#directory, 'etcd');
  }
}
