import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Plugin } from 'esbuild';
import { bundle } from '../../hack/bundle.ts';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { FakeNode } from '../chaos/fake-node.ts';
import { AGENT_ENV, AGENT_FLAGS } from './agent-flags.ts';
import { type Footprint, footprintOf } from './footprint.ts';
import { spawnAgent } from './spawn-agent.ts';

/** What is measured: the bundle, with the image's flags. */
export interface MeasuredBundle extends AsyncDisposable {
  /** Where its kernel log is a file. */
  readonly node: FakeNode;
  /** From the start of the process until it watches the log. */
  readonly startMs: number;
  readonly pid: number;
  readonly stateDirectory: string;
  footprint(): Footprint;
  /** An answer of its port. */
  get(path: string): Promise<Response>;
  /** What it says of itself: the value of one line of `/metrics`, NaN where there is none. */
  figure(metric: string): Promise<number>;
  /** Resolves when it has listed the node's pods. */
  whenSynced(): Promise<void>;
}

export interface MeasuredOptions {
  readonly cluster: ControlPlane;
  readonly nodeName: string;
  /** The kernel's own, or one that is told what to say. */
  readonly log: 'kernel' | 'file';
  /** `--history-max` */
  readonly historyMax?: number;
}

const ASK_EVERY_MS = 500;

const KERNEL_LOG = /\/src\/kmsg\/kernel-log\.ts$/;
const TAILED_LOG = join(import.meta.dirname, 'tailed-kernel-log.ts');

/** What `tail-kmsg.ts` does to the sources. */
const tailKmsg: Plugin = {
  name: 'tail-kmsg',
  setup: (build) => {
    build.onResolve({ filter: /\/kernel-log\.ts$/ }, ({ path, resolveDir }) =>
      KERNEL_LOG.test(join(resolveDir, path)) ? { path: TAILED_LOG } : null,
    );
  },
};

/** Bundles it and starts it; resolves when it watches the log. */
export async function startMeasured(options: MeasuredOptions): Promise<MeasuredBundle> {
  const directory = mkdtempSync(join(tmpdir(), 'measured-bundle-'));
  const stateDirectory = join(directory, 'state');
  const node = new FakeNode(directory);
  const isKernel = options.log === 'kernel';
  const program = await bundle(join(directory, 'app'), isKernel ? [] : [tailKmsg]);
  const faked = { kmsg: node.kmsg, 'proc-root': node.procRoot, 'cgroup-root': node.cgroupRoot };
  const flags = {
    ...(!isKernel && faked),
    'node-name': options.nodeName,
    'state-dir': stateDirectory,
    ...(options.historyMax !== undefined && { 'history-max': options.historyMax }),
    listen: '127.0.0.1:0',
    kubeconfig: options.cluster.kubeconfig,
  };
  const { promise: port, resolve } = Promise.withResolvers<number>();
  const startedMs = performance.now();
  const { child, reads, ended } = spawnAgent({
    program,
    args: Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
    preloads: [],
    env: AGENT_ENV,
    flags: AGENT_FLAGS,
    onLine: (line) => {
      const found = /"port":(?<port>\d+),"msg":"serving metrics/.exec(line)?.groups?.['port'];
      if (found !== undefined) resolve(Number(found));
    },
  });
  await reads;
  const get = async (path: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${await port}${path}`);
  return {
    node,
    startMs: performance.now() - startedMs,
    pid: child.pid ?? 0,
    stateDirectory,
    footprint: () => footprintOf(child.pid ?? 0),
    get,
    async figure(metric) {
      const lines = (await (await get('/metrics')).text()).split('\n');
      const line = lines.find((each) => each.startsWith(`${metric} `));
      return Number(line?.slice(metric.length));
    },
    async whenSynced() {
      while (!(await get('/readyz')).ok) await sleep(ASK_EVERY_MS);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
      rmSync(directory, { recursive: true });
    },
  };
}
