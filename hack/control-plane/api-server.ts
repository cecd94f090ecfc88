import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { Credentials } from './certificates.ts';
import { answersOk } from './probe.ts';
import { TiedProcess } from './tied-process.ts';

const READY_LIMIT_MS = 90_000;

/**
 * Below the range from which Linux takes ports for others by itself (ip_local_port_range, 32768 and
 * up): the port must still be ours when the API server comes back after a time of absence.
 */
const PORTS = { from: 20_000, to: 32_768 };

export interface ApiServerSetup {
  readonly binary: string;
  readonly directory: string;
  readonly etcdSocket: string;
  readonly credentials: Credentials;
  readonly extraArgs: readonly string[];
}

/** kube-apiserver on 127.0.0.1; the port and the certificates are the same for its whole life. */
export class ApiServer {
  readonly url: string;
  readonly #setup: ApiServerSetup;
  readonly #port: number;
  readonly #agent: Agent;
  #process: TiedProcess | undefined;

  private constructor(setup: ApiServerSetup, port: number, ca: Buffer) {
    this.#setup = setup;
    this.#port = port;
    this.#agent = new Agent({ ca });
    this.url = `https://127.0.0.1:${port}`;
  }

  static async prepare(setup: ApiServerSetup): Promise<ApiServer> {
    const ca = await readFile(setup.credentials.authority.certificate);
    return new ApiServer(setup, await findPort(), ca);
  }

  get process(): TiedProcess | undefined {
    return this.#process;
  }

  async start(): Promise<void> {
    const { binary, directory } = this.#setup;
    const log = join(directory, 'kube-apiserver.log');
    const command = [binary, ...this.#flags()];
    this.#process = new TiedProcess('kube-apiserver', command, directory, log);
    await this.#process.whenReady(() => this.isReady(), READY_LIMIT_MS);
  }

  async isReady(): Promise<boolean> {
    return answersOk(() => request(`${this.url}/readyz`, { agent: this.#agent }));
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    await this.#process?.kill(signal);
  }

  #flags(): string[] {
    const { credentials, etcdSocket, extraArgs } = this.#setup;
    return [
      `--etcd-servers=unix://${etcdSocket}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      '--endpoint-reconciler-type=none', // it refuses loopback addresses, again and again
      `--secure-port=${this.#port}`,
      `--tls-cert-file=${credentials.server.certificate}`,
      `--tls-private-key-file=${credentials.server.key}`,
      `--client-ca-file=${credentials.authority.certificate}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${credentials.serviceAccount.publicKey}`,
      `--service-account-signing-key-file=${credentials.serviceAccount.key}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      '--allow-privileged=true',
      '--disable-admission-plugins=ServiceAccount', // no controller makes the `default` ones
      ...extraArgs,
    ];
  }
}

/** A port of 127.0.0.1 that is free now. */
export async function findPort(): Promise<number> {
  const port = randomInt(PORTS.from, PORTS.to);
  const probe = createServer().listen({ port, host: '127.0.0.1' });
  try {
    await once(probe, 'listening');
  } catch {
    return findPort();
  }
  probe.close();
  await once(probe, 'close');
  return port;
}
