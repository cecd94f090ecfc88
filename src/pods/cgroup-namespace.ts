import type { CgroupTree } from './cgroup-tree.ts';

/**
 * Where in the mounted hierarchy a path is that was told from our own cgroup namespace. A runtime makes that in the
 * container's own cgroup: `/../a` is `a` beside it. `undefined` where we are in no container of the hierarchy, or the
 * path climbs beyond its top.
 *
 * @param self our own pid, as `cgroup.procs` shows it here
 */
export function cgroupNamespace(
  tree: CgroupTree,
  self: () => number | undefined,
): (path: string) => string | undefined {
  /** Our own cgroup: a process stays in its container's. */
  let own: string | undefined;
  return (path) => {
    own ??= cgroupOf(self(), tree);
    if (own === undefined) return undefined;
    const parts = own.split('/');
    for (const part of path.split('/').slice(1)) {
      if (part !== '..') parts.push(part);
      else if (parts.pop() === '') return undefined;
    }
    return parts.join('/') || '/';
  };
}

function cgroupOf(pid: number | undefined, tree: CgroupTree): string | undefined {
  if (pid === undefined) return undefined;
  const cgroups = tree.pods().flatMap((pod) => [pod, ...tree.within(pod)]);
  return cgroups.find((cgroup) => tree.pids(cgroup).includes(pid));
}
