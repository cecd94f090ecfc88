import type { OomCounters } from '../oom/oom-counters.ts';
import type { CgroupTree } from './cgroup-tree.ts';
import type { ProcFiles } from './proc-files.ts';

/** Every file that counts kills calls it so. */
const OOM_KILL = 'oom_kill';

/**
 * The kernel's counters of OOM kills of the node's pods and containers, read when they are asked for.
 *
 * v1: `memory/…/memory.oom_control`, a cgroup's own kills, so the cgroups inside a container are read
 * as well. v2: `memory.events`, which includes what happened below.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
 */
export function cgroupCounters(tree: CgroupTree, proc: ProcFiles): OomCounters {
  return {
    isHierarchical: tree.isV2,
    read: () => {
      if (!isSupported(tree)) return undefined;
      const rows = new Map<string, number>();
      for (const pod of tree.pods()) {
        for (const cgroup of countedIn(tree, pod)) {
          const kills = killsIn(tree, cgroup);
          if (kills !== undefined) rows.set(cgroup, kills);
        }
      }
      return rows;
    },
    total: () => killsOfHost(proc),
  };
}

/** v1 has it in every cgroup since 4.13, v2 in every one but the root. */
function isSupported(tree: CgroupTree): boolean {
  return tree.isV2 || killsIn(tree, '') !== undefined;
}

/** The pod before its containers: what is counted in between is then the container's. */
export function countedIn(tree: CgroupTree, pod: string): readonly string[] {
  return [pod, ...tree.within(pod, tree.isV2 ? 1 : undefined)];
}

/** The kills that a cgroup's own file has. */
export function killsIn(tree: CgroupTree, cgroup: string): number | undefined {
  return counterIn(tree.text(cgroup, tree.isV2 ? 'memory.events' : 'memory.oom_control'), OOM_KILL);
}

/** `/proc/vmstat` `oom_kill`. */
export function killsOfHost(proc: ProcFiles): number | undefined {
  return counterIn(proc.text('vmstat'), OOM_KILL);
}

/**
 * A counter of a file that has one a line, `KEY NUMBER`: `memory.events`, `memory.oom_control`, `/proc/vmstat`.
 *
 * @see memory_events_show(), mem_cgroup_oom_control_read() (mm/memcontrol*.c)
 */
export function counterIn(text: string | undefined, key: string): number | undefined {
  const line = new RegExp(`^${key} (?<value>\\d+)$`, 'm').exec(text ?? '');
  const value = line?.groups?.['value'];
  return value === undefined ? undefined : Number(value);
}
