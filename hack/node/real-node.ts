import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Log, run } from '../control-plane/commands.ts';
import type { KubectlOptions } from '../control-plane/control-plane.ts';
import { answersOk } from '../control-plane/probe.ts';
import { AGENT_NAMESPACE, AGENT_SELECTOR, deployAgent } from './deploy-agent.ts';
import { KUBELET_CONFIG, NODE_NAME } from './guest-config.ts';
import { GuestShell, type Outcome, type ShellOptions } from './guest-shell.ts';
import { recordsAfter } from './kmsg-records.ts';

/** Emulated CPUs on a busy machine are slow, but they get there. */
const LIMIT_MS = 600_000;
const POLL_MS = 1_000;
/** While the guest is down, the command that asks whether it is up is lost. */
const PROBE_MS = 5_000;

/** What another process must know to use a node that runs. */
export interface NodeAccess {
  /** Holds the machine's sockets and logs. Gone when the node is. */
  readonly directory: string;
  /** `https://127.0.0.1:PORT`, also the kubeconfig's. */
  readonly url: string;
  readonly kubeconfig: string;
  readonly caFile: string;
  readonly kubectl: string;
}

/** A node that runs; see `startNode`. */
export class RealNode implements AsyncDisposable {
  readonly nodeName = NODE_NAME;
  /** The administrator's. */
  readonly kubeconfig: string;
  /** Holds `console.log`, what the guest's kernel said, and `qemu.log`. */
  readonly directory: string;
  /** For programs that should find this node's cluster and its kubectl: added to ours. */
  readonly env: NodeJS.ProcessEnv;
  /** For another process that uses this node. */
  readonly access: NodeAccess;
  readonly #shell: GuestShell;
  readonly #log: Log;
  readonly #stop: () => Promise<void>;

  /** `stop` ends the machine: the business of the process that started it. */
  constructor(access: NodeAccess, log: Log, stop: () => Promise<void>) {
    this.access = access;
    this.#shell = new GuestShell(access.directory);
    this.#log = log;
    this.#stop = stop;
    this.kubeconfig = access.kubeconfig;
    this.directory = access.directory;
    this.env = {
      ...process.env,
      KUBECONFIG: this.kubeconfig,
      KUBECACHEDIR: join(this.directory, 'kubectl-cache'), // else it leaves files in ~/.kube
      PATH: [dirname(access.kubectl), process.env['PATH']].join(delimiter),
    };
  }

  /** Runs kubectl to its end and returns its stdout; fails with its stderr in the message. */
  async kubectl(args: readonly string[], options: KubectlOptions = {}): Promise<string> {
    const { input, kubeconfig = this.kubeconfig } = options;
    const env = { ...this.env, KUBECONFIG: kubeconfig };
    return run(this.access.kubectl, args, { env, ...(input !== undefined && { input }) });
  }

  /** Runs a command as root in the guest and returns its stdout; fails with its stderr in the message. */
  async shell(command: string, options: ShellOptions = {}): Promise<string> {
    return this.#shell.check(command, options);
  }

  /** The same for commands that may fail, or whose output is no text. */
  async shellOutcome(command: string, options: ShellOptions = {}): Promise<Outcome> {
    return this.#shell.run(command, options);
  }

  /** The image of the tree as it is now, its manifests, and an agent that runs them. */
  async deployAgent(): Promise<void> {
    await deployAgent(this, { env: process.env, log: this.#log });
  }

  /** Resolves when the API server answers. */
  async whenApiServerReady(): Promise<void> {
    const agent = new Agent({ ca: await readFile(this.access.caFile) });
    const readyz = () => request(`${this.access.url}/readyz`, { agent });
    await waitUntil('the API server answers', async () => answersOk(readyz));
  }

  /** Resolves when the kubelet of this boot says that the Node is ready. */
  async whenReady(): Promise<void> {
    const bootId = await this.bootId();
    await this.whenApiServerReady();
    const fields = '{.status.nodeInfo.bootID} {.status.conditions[?(@.type=="Ready")].status}';
    const question = ['get', 'node', NODE_NAME, '-o', `jsonpath=${fields}`];
    await waitUntil('the Node is Ready', async () => {
      const answer = await this.kubectl(question).catch(() => '');
      return answer === `${bootId} True`;
    });
  }

  /** The kernel's: another one after every boot. */
  async bootId(): Promise<string> {
    return (await this.shell('cat /proc/sys/kernel/random/boot_id', { limitMs: LIMIT_MS })).trim();
  }

  /** Resolves when the Node is Ready again. A crash writes nothing down and stops nothing. */
  async reboot(how: 'orderly' | 'crash' = 'orderly'): Promise<void> {
    const before = await this.bootId();
    const crash = '(sleep 0.5; echo b >/proc/sysrq-trigger) </dev/null >/dev/null 2>&1 &';
    await this.shell(how === 'crash' ? crash : 'systemctl --no-block reboot');
    await waitUntil('the guest is up again', async () => {
      const probe = this.shell('cat /proc/sys/kernel/random/boot_id', { limitMs: PROBE_MS });
      const now = await probe.catch(() => before);
      return now.trim() !== before;
    });
    await this.whenReady();
  }

  /** An outage: every connection is cut, and the port refuses new ones. */
  async stopApiServer(): Promise<void> {
    await this.shell('systemctl stop kube-apiserver');
  }

  /** The end of the outage. */
  async startApiServer(): Promise<void> {
    await this.shell('systemctl start kube-apiserver');
    await this.whenApiServerReady();
  }

  async restartKubelet(): Promise<void> {
    await this.shell('systemctl restart kubelet');
    const healthz = ['get', '--raw', `/api/v1/nodes/${NODE_NAME}/proxy/healthz`];
    await waitUntil('the kubelet answers', async () =>
      this.kubectl(healthz).then(
        () => true,
        () => false,
      ),
    );
  }

  /** The kubelet's `singleProcessOOMKill`, where it is not so already. Containers that run stay as they are. */
  async setSingleProcessOomKill(on: boolean): Promise<void> {
    const [before, after] = [!on, on].map((value) => `"singleProcessOOMKill": ${value}`);
    const isSet = await this.shellOutcome(`grep -q '${after}' ${KUBELET_CONFIG}`);
    if (isSet.code === 0) return;
    await this.shell(`sed -i 's/${before}/${after}/' ${KUBELET_CONFIG}`);
    await this.restartKubelet();
  }

  /** The kernel log as read(2) returns it, a record with its continuation lines after the other. */
  async kmsg(afterSequence = -1): Promise<string> {
    // dd ends with an error at the log's end: there is no more without waiting.
    const all = await this.shell('dd if=/dev/kmsg iflag=nonblock bs=8192 2>/dev/null || true');
    return recordsAfter(all, afterSequence);
  }

  /** What the agent serves to Prometheus. */
  async metrics(): Promise<string> {
    const pods = ['get', 'pods', '-n', AGENT_NAMESPACE, '-l', AGENT_SELECTOR, '-o', 'name'];
    const names = (await this.kubectl(pods)).trim().split('\n');
    if (names.length !== 1) throw new Error(`not one agent, but: ${names.join(' ')}`);
    const path = `/api/v1/namespaces/${AGENT_NAMESPACE}/pods/${names[0]?.replace('pod/', '')}:9095`;
    let metrics: string | undefined;
    await waitUntil('the agent serves its metrics', async () => {
      metrics = await this.kubectl(['get', '--raw', `${path}/proxy/metrics`]).catch(
        () => undefined,
      );
      return metrics !== undefined;
    });
    return metrics ?? '';
  }

  /** How many processes the kernel has killed for want of memory since it was booted. */
  async vmstatOomKill(): Promise<number> {
    return Number(await this.shell('awk \'$1 == "oom_kill" { print $2 }\' /proc/vmstat'));
  }

  async stop(): Promise<void> {
    await this.#stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

async function waitUntil(what: string, holds: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + LIMIT_MS;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`not after ${LIMIT_MS} ms: ${what}`);
    await sleep(POLL_MS);
  }
}
