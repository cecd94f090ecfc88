import type { CgroupEventCounters, CgroupEvents } from '../oom/cgroup-events.ts';
import { countedIn, counterIn, killsIn, killsOfHost } from './cgroup-counters.ts';
import type { CgroupTree } from './cgroup-tree.ts';
import type { ProcFiles } from './proc-files.ts';

/** The root has no `memory.events`; what lies directly below it has. */
const ONE_LEVEL = 1;

/**
 * The counters by which the tracepoint's marks are proved, read when they are asked for.
 *
 * v1 counts a cgroup's own kills in `memory.oom_control`, and neither groups nor limits that were reached. v2 has all
 * of it in `memory.events`, with what happened below, and in `memory.events.local`.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
 */
export function memoryEvents(tree: CgroupTree, proc: ProcFiles): CgroupEventCounters {
  return {
    isHierarchical: tree.isV2,
    read: (cgroup) => eventsIn(tree, cgroup),
    look: () => {
      const before = killsOfHost(proc);
      const rows = new Map<string, CgroupEvents>();
      for (const cgroup of cgroupsOf(tree)) {
        const events = eventsIn(tree, cgroup);
        if (events !== undefined) rows.set(cgroup, events);
      }
      const after = killsOfHost(proc);
      return before === undefined || after === undefined ? undefined : { rows, before, after };
    },
  };
}

/** Each once, and each before those below it: what is counted in between is then theirs. */
function cgroupsOf(tree: CgroupTree): ReadonlySet<string> {
  const pods = tree.pods();
  const below = pods.flatMap((pod) => countedIn(tree, pod));
  if (!tree.isV2) return new Set(below);
  return new Set([...tree.within('', ONE_LEVEL), ...pods.flatMap(ancestors), ...below]);
}

function eventsIn(tree: CgroupTree, cgroup: string): CgroupEvents | undefined {
  if (!tree.isV2) {
    const kills = killsIn(tree, cgroup);
    return kills === undefined ? undefined : { kills };
  }
  const text = tree.text(cgroup, 'memory.events');
  const kills = counterIn(text, 'oom_kill');
  if (kills === undefined) return undefined;
  const oomsHere = counterIn(tree.text(cgroup, 'memory.events.local'), 'oom');
  return {
    kills,
    groupKills: counterIn(text, 'oom_group_kill'),
    ooms: counterIn(text, 'oom'),
    oomsHere,
    limitKb: (oomsHere ?? 0) > 0 ? limitKbOf(tree, cgroup) : undefined,
  };
}

function limitKbOf(tree: CgroupTree, cgroup: string): number | undefined {
  const bytes = Number(tree.text(cgroup, 'memory.max'));
  return Number.isInteger(bytes) ? bytes / 1024 : undefined;
}

/** The cgroups a cgroup lies in, the root not among them. */
function ancestors(cgroup: string): readonly string[] {
  const parts = cgroup.split('/').slice(1, -1);
  return parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`);
}
