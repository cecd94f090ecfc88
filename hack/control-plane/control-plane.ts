import { delimiter, join } from 'node:path';
import { ApiServer } from './api-server.ts';
import { type Binaries, resolveBinaries } from './binaries.ts';
import { type Credentials, createCredentials } from './certificates.ts';
import { type Log, needCommands, run } from './commands.ts';
import { createDataDirectory, type DataDirectory } from './data-directory.ts';
import { Etcd } from './etcd.ts';
import { writeKubeconfig } from './kubeconfig.ts';

export interface ControlPlaneOptions {
  /** Where KUBEBUILDER_ASSETS, KUBERNETES_VERSION, PATH and the cache directory are looked up. */
  readonly env?: NodeJS.ProcessEnv;
  /** Added to the API server's flags, e.g. `--event-ttl=5s`. */
  readonly apiServerArgs?: readonly string[];
  readonly log?: Log;
}

export interface KubectlOptions {
  /** Given to stdin, for `-f -`. */
  readonly input?: string;
  /** Somebody else's than the administrator's. */
  readonly kubeconfig?: string;
}

/** A ServiceAccount's token, by itself and in a kubeconfig. */
export interface Identity {
  readonly token: string;
  readonly kubeconfig: string;
}

/** An etcd and a kube-apiserver of our own, ready. Nothing of it outlives this process. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const binaries = await resolveBinaries(options);
  await needCommands({ openssl: 'openssl', setpriv: 'util-linux' });
  const data = await createDataDirectory();
  try {
    const credentials = await createCredentials(data.path);
    const etcd = new Etcd(binaries.etcd, data.path);
    const apiServer = await ApiServer.prepare({
      binary: binaries.kubeApiserver,
      directory: data.path,
      etcdSocket: etcd.socket,
      credentials,
      extraArgs: options.apiServerArgs ?? [],
    });
    const controlPlane = new ControlPlane({ binaries, data, credentials, etcd, apiServer });
    await controlPlane.start();
    return controlPlane;
  } catch (err) {
    await data.remove();
    throw err;
  }
}

interface Parts {
  readonly binaries: Binaries;
  readonly data: DataDirectory;
  readonly credentials: Credentials;
  readonly etcd: Etcd;
  readonly apiServer: ApiServer;
}

export class ControlPlane implements AsyncDisposable {
  readonly #parts: Parts;
  /** `https://127.0.0.1:PORT`, the same until `stop()`. */
  readonly url: string;
  readonly caFile: string;
  /** The administrator's. */
  readonly kubeconfig: string;
  readonly binaries: Binaries;
  /** Holds everything, also `etcd.log` and `kube-apiserver.log`. Gone after `stop()`. */
  readonly directory: string;
  /** For programs that should find this cluster and its kubectl: added to ours. */
  readonly env: NodeJS.ProcessEnv;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.binaries = parts.binaries;
    this.url = parts.apiServer.url;
    this.caFile = parts.credentials.authority.certificate;
    this.directory = parts.data.path;
    this.kubeconfig = join(this.directory, 'kubeconfig');
    this.env = {
      ...process.env,
      KUBECONFIG: this.kubeconfig,
      KUBECACHEDIR: join(this.directory, 'kubectl-cache'), // else it leaves files in ~/.kube
      PATH: [this.binaries.directory, process.env['PATH']].join(delimiter),
    };
  }

  /** etcd's and the API server's, where they run. */
  get pids(): number[] {
    const { etcd, apiServer } = this.#parts;
    const processes = [etcd.process, apiServer.process].filter((process) => process?.running);
    return processes.flatMap((process) => process?.pid ?? []);
  }

  async start(): Promise<void> {
    const { etcd, credentials } = this.#parts;
    await writeKubeconfig(this.kubeconfig, this, credentials.admin);
    try {
      await etcd.start();
      await this.startApiServer();
    } catch (err) {
      await this.#kill();
      throw err;
    }
  }

  /** Runs kubectl to its end and returns its stdout; fails with its stderr in the message. */
  async kubectl(args: readonly string[], options: KubectlOptions = {}): Promise<string> {
    const { input, kubeconfig = this.kubeconfig } = options;
    const env = { ...this.env, KUBECONFIG: kubeconfig };
    return run(this.binaries.kubectl, args, { env, ...(input !== undefined && { input }) });
  }

  /** Mints a token for a ServiceAccount that exists, through the TokenRequest subresource. */
  async tokenFor(namespace: string, serviceAccount: string): Promise<Identity> {
    const token = await this.kubectl(['create', 'token', serviceAccount, '-n', namespace]);
    const kubeconfig = join(this.directory, `${namespace}.${serviceAccount}.kubeconfig`);
    await writeKubeconfig(kubeconfig, this, { token });
    return { token, kubeconfig };
  }

  /** An outage. SIGKILL cuts every connection at once; SIGTERM lets it say good-bye. */
  async stopApiServer(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#parts.apiServer.stop(signal);
  }

  /** The end of the outage: same port, same certificates, same etcd. */
  async startApiServer(): Promise<void> {
    await this.#parts.apiServer.start();
  }

  /** A cluster that lost everything: etcd comes back without data, and the API server with it. */
  async emptyEtcd(): Promise<void> {
    const { etcd } = this.#parts;
    await this.#kill();
    await etcd.removeData();
    await etcd.start();
    await this.startApiServer();
  }

  async stop(): Promise<void> {
    await this.#kill();
    await this.#parts.data.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #kill(): Promise<void> {
    await this.stopApiServer();
    await this.#parts.etcd.stop();
  }
}
