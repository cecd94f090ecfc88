import type { OomCounters } from '../oom/oom-counters.ts';
import type { CgroupTree } from './cgroup-tree.ts';
import type { ProcFiles } from './proc-files.ts';

/** Both versions print it so: mem_cgroup_oom_control_read, memory_events_show (mm/memcontrol*.c). */
const OOM_KILL = /^oom_kill (?<kills>\d+)$/m;

/**
 * The kernel's counters of OOM kills of the node's pods and containers, read when they are asked for.
 *
 * v1: `memory/…/memory.oom_control`, a cgroup's own kills, so the cgroups inside a container are read
 * as well. v2: `memory.events`, which includes what happened below.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
 */
export class CgroupCounters implements OomCounters {
  readonly #tree: CgroupTree;
  readonly #proc: ProcFiles;
  readonly #counterFile: string;

  constructor(tree: CgroupTree, proc: ProcFiles) {
    this.#tree = tree;
    this.#proc = proc;
    this.#counterFile = tree.isV2 ? 'memory.events' : 'memory.oom_control';
  }

  get isHierarchical(): boolean {
    return this.#tree.isV2;
  }

  read(): ReadonlyMap<string, number> | undefined {
    if (!this.#isSupported()) return undefined;
    const rows = new Map<string, number>();
    for (const pod of this.#tree.pods()) this.#readPod(pod, rows);
    return rows;
  }

  total(): number | undefined {
    return killsIn(this.#proc.text('vmstat'));
  }

  /** v1 has it in every cgroup since 4.13, v2 in every one but the root. */
  #isSupported(): boolean {
    return this.#tree.isV2 || killsIn(this.#tree.text('', this.#counterFile)) !== undefined;
  }

  /** The pod before its containers: what is counted in between is then the container's. */
  #readPod(pod: string, rows: Map<string, number>): void {
    const containers = this.#tree.within(pod, this.#tree.isV2 ? 1 : undefined);
    for (const cgroup of [pod, ...containers]) {
      const kills = killsIn(this.#tree.text(cgroup, this.#counterFile));
      if (kills !== undefined) rows.set(cgroup, kills);
    }
  }
}

function killsIn(text: string | undefined): number | undefined {
  const kills = OOM_KILL.exec(text ?? '')?.groups?.['kills'];
  return kills === undefined ? undefined : Number(kills);
}
