import { join } from 'node:path';
import { findPort } from '../control-plane/api-server.ts';
import { type Log, run } from '../control-plane/commands.ts';
import { createDataDirectory } from '../control-plane/data-directory.ts';
import { resolveNodeParts } from './node-parts.ts';
import { RealNode } from './real-node.ts';
import { writeSeed } from './seed.ts';
import { DEFAULT_SETTINGS, type NodeSettings } from './settings.ts';
import { CONSOLE_LOG, startMachine, withMachine } from './virtual-machine.ts';

export interface NodeOptions extends Partial<NodeSettings> {
  /** Where KUBERNETES_VERSION, PATH and the cache directory are looked up. */
  readonly env?: NodeJS.ProcessEnv;
  readonly log?: Log;
  readonly memoryMb?: number;
  readonly cpus?: number;
  /** Added to the kernel's command line. */
  readonly kernelArgs?: readonly string[];
  /** Whether our agent runs there from the start; else `deployAgent()` brings it. */
  readonly agent?: boolean;
}

const DEFAULTS = {
  ...DEFAULT_SETTINGS,
  memoryMb: 6144,
  cpus: 2,
  kernelArgs: [],
  agent: true,
};

/**
 * A node of our own in a virtual machine: kernel, systemd, containerd, kubelet and a whole control
 * plane. It is Ready when this resolves; nothing of it outlives this process.
 */
export async function startNode(options: NodeOptions = {}): Promise<RealNode> {
  const { env = process.env, log = logToStderr, ...chosen } = options;
  const settings = { ...DEFAULTS, ...chosen };
  const { kernel, accelerator, rootDisk, binaries } = await resolveNodeParts(settings.kernel, {
    env,
    log,
  });
  const data = await createDataDirectory('node');
  try {
    const apiServerPort = await findPort();
    const url = `https://127.0.0.1:${apiServerPort}`;
    const { archive, ...cluster } = await writeSeed(data.path, url, settings);
    const machine = startMachine({
      ...settings,
      directory: data.path,
      kernel,
      accelerator,
      root: { file: await overlay(rootDisk, data.path), format: 'qcow2' },
      seed: archive,
      apiServerPort,
    });
    const stop = async () => {
      await machine.kill('SIGKILL');
      await data.remove();
    };
    const access = { directory: data.path, url, ...cluster, kubectl: binaries.kubectl };
    const node = new RealNode(access, log, stop);
    log(`booting Linux ${kernel.release}; its console is ${join(data.path, CONSOLE_LOG)}`);
    await withMachine(machine, data.path, () => getReady(node, settings.agent));
    return node;
  } catch (err) {
    await data.remove();
    throw err;
  }
}

async function getReady(node: RealNode, agent: boolean): Promise<void> {
  await (agent ? node.deployAgent() : undefined);
  await node.whenReady();
}

/** What the guest writes goes here, and the disk in the cache stays as it is. */
async function overlay(rootDisk: string, directory: string): Promise<string> {
  const file = join(directory, 'root.qcow2');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', rootDisk, '-F', 'raw', file]);
  return file;
}

function logToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
