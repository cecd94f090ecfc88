import { parseCgroupPath } from '../oom/cgroup-path.ts';
import type { OomCounters } from '../oom/oom-counters.ts';
import type { CgroupTree } from '../pods/cgroup-tree.ts';
import type { ProcFiles } from '../pods/proc-files.ts';
import { type Check, check, failed, ok, unknown } from './check.ts';

const ROOT = '';
/** A container's, below its pod's. */
const ONE_LEVEL = 1;
/** What holds a pod's namespaces: the kubelet sets nothing there. */
const PAUSE = 'pause';

/** The node's memory cgroups are mounted here: whose kills were that the kernel does not explain. */
export function cgroupCheck(root: string, tree: CgroupTree): Check {
  return check('cgroups', () => {
    const mount = 'mount the host’s /sys/fs/cgroup, or name it with --cgroup-root';
    const enable = 'boot without cgroup_disable=memory, or with cgroup_enable=memory';
    const version = tree.isV2 ? 'v2' : 'v1';
    if (tree.isV2) {
      const controllers = tree.text(ROOT, 'cgroup.controllers')?.trim().split(' ');
      if (controllers?.includes('memory') !== true)
        return failed(`${root} is v2, and has no memory controller`, enable);
    } else if (tree.text(ROOT, 'memory.oom_control') === undefined) {
      return failed(`there are no memory cgroups at ${root}, v1 or v2`, `${mount}; ${enable}`);
    }
    if (!isWholeHierarchy(tree))
      return failed(`${root} is ${version}, of one cgroup and what is below it`, mount);
    return ok(`${version}, at ${root}`);
  });
}

/** The root cgroup alone: v2 shows it no limit, v1 nobody else the release agent (CFTYPE_ONLY_ON_ROOT, CFTYPE_NOT_ON_ROOT). */
function isWholeHierarchy(tree: CgroupTree): boolean {
  if (tree.isV2) return tree.text(ROOT, 'memory.max') === undefined;
  return tree.text(ROOT, 'release_agent') !== undefined;
}

/** How the kubelet has the kernel kill: a container as a whole, or one process of it. */
export function oomGroupCheck(tree: CgroupTree, proc: ProcFiles): Check {
  return check('memory.oom.group', () => {
    if (!tree.isV2) return ok('cgroup v1 has none: the kernel kills one process at a time');
    const containers = tree
      .pods()
      .flatMap((pod) => tree.within(pod, ONE_LEVEL))
      .filter((cgroup) => parseCgroupPath(cgroup)?.containerId !== undefined)
      .filter((cgroup) => !tree.pids(cgroup).some((pid) => proc.owner(pid)?.comm === PAUSE));
    if (containers.length === 0) return unknown('no container of a pod is here to be looked at');
    const told = containers.map((cgroup) => tree.text(cgroup, 'memory.oom.group')?.trim());
    const whole = told.filter((value) => value === '1').length;
    if (told.includes(undefined)) return unknown('some containers’ cannot be read');
    return ok(`set on ${whole} of ${told.length} containers, which the kernel kills as a whole`);
  });
}

/** The kernel counts its kills: that is how a missed one is noticed. */
export function killCounterCheck(counters: Pick<OomCounters, 'total'>): Check {
  return check('kill counter', () => {
    const kills = counters.total();
    if (kills !== undefined) return ok(`the kernel has counted ${kills} since it booted`);
    return failed(
      '/proc/vmstat has no oom_kill: whether a kill was missed cannot be told',
      'it takes Linux 4.13, and a /proc that can be read',
    );
  });
}
