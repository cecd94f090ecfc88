import type { CgroupEventCounters, CgroupEvents, EventsLook } from '../oom/cgroup-events.ts';
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
export class MemoryEvents implements CgroupEventCounters {
  readonly #tree: CgroupTree;
  readonly #proc: ProcFiles;

  constructor(tree: CgroupTree, proc: ProcFiles) {
    this.#tree = tree;
    this.#proc = proc;
  }

  get isHierarchical(): boolean {
    return this.#tree.isV2;
  }

  look(): EventsLook | undefined {
    const before = killsOfHost(this.#proc);
    const rows = new Map<string, CgroupEvents>();
    for (const cgroup of this.#cgroups()) {
      const events = this.read(cgroup);
      if (events !== undefined) rows.set(cgroup, events);
    }
    const after = killsOfHost(this.#proc);
    return before === undefined || after === undefined ? undefined : { rows, before, after };
  }

  /** Each once, and each before those below it: what is counted in between is then theirs. */
  #cgroups(): ReadonlySet<string> {
    const pods = this.#tree.pods();
    const below = pods.flatMap((pod) => countedIn(this.#tree, pod));
    if (!this.#tree.isV2) return new Set(below);
    return new Set([...this.#tree.within('', ONE_LEVEL), ...pods.flatMap(ancestors), ...below]);
  }

  read(cgroup: string): CgroupEvents | undefined {
    if (!this.#tree.isV2) {
      const kills = killsIn(this.#tree, cgroup);
      return kills === undefined ? undefined : { kills };
    }
    const text = this.#tree.text(cgroup, 'memory.events');
    const kills = counterIn(text, 'oom_kill');
    if (kills === undefined) return undefined;
    const oomsHere = counterIn(this.#tree.text(cgroup, 'memory.events.local'), 'oom');
    return {
      kills,
      groupKills: counterIn(text, 'oom_group_kill'),
      ooms: counterIn(text, 'oom'),
      oomsHere,
      limitKb: (oomsHere ?? 0) > 0 ? this.#limitKb(cgroup) : undefined,
    };
  }

  #limitKb(cgroup: string): number | undefined {
    const bytes = Number(this.#tree.text(cgroup, 'memory.max'));
    return Number.isInteger(bytes) ? bytes / 1024 : undefined;
  }
}

/** The cgroups a cgroup lies in, the root not among them. */
function ancestors(cgroup: string): readonly string[] {
  const parts = cgroup.split('/').slice(1, -1);
  return parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`);
}
