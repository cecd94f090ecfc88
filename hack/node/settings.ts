import type { CgroupDriver } from './guest-config.ts';

/** What somebody chooses about a node. */
export interface NodeSettings {
  /** A series of Debian's kernels, or `newest`. */
  readonly kernel: string;
  readonly cgroupDriver: CgroupDriver;
  /** The kubelet's `singleProcessOOMKill`. */
  readonly singleProcessOomKill: boolean;
}

export const DEFAULT_SETTINGS: NodeSettings = {
  kernel: '6.12',
  cgroupDriver: 'systemd',
  singleProcessOomKill: false,
};

/** From `NODE_KERNEL`, `NODE_CGROUP_DRIVER` and `NODE_SINGLE_PROCESS_OOM_KILL`. */
export function nodeSettings(env: NodeJS.ProcessEnv): NodeSettings {
  const kernel = env['NODE_KERNEL'] || DEFAULT_SETTINGS.kernel;
  if (!/^(?:\d+\.\d+|newest)$/.test(kernel))
    throw new Error(`NODE_KERNEL=${kernel}: expected a series like 6.12, or newest`);
  const driver = env['NODE_CGROUP_DRIVER'] || DEFAULT_SETTINGS.cgroupDriver;
  if (driver !== 'systemd' && driver !== 'cgroupfs')
    throw new Error(`NODE_CGROUP_DRIVER=${driver}: expected systemd or cgroupfs`);
  const single = env['NODE_SINGLE_PROCESS_OOM_KILL'] || 'false';
  if (single !== 'true' && single !== 'false')
    throw new Error(`NODE_SINGLE_PROCESS_OOM_KILL=${single}: expected true or false`);
  return { kernel, cgroupDriver: driver, singleProcessOomKill: single === 'true' };
}
