import type { OomCounters } from '../oom/oom-counters.ts';
import type { CgroupTree } from './cgroup-tree.ts';
import { counterIn } from './counter-in.ts';
import type { ProcFiles } from './proc-files.ts';

/** Both versions call it so. */
const OOM_KILL = 'oom_kill';

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
    return counterIn(this.#proc.text('vmstat'), OOM_KILL);
  }

  /** v1 has it in every cgroup since 4.13, v2 in every one but the root. */
  #isSupported(): boolean {
    return (
      this.#tree.isV2 || counterIn(this.#tree.text('', this.#counterFile), OOM_KILL) !== undefined
    );
  }

  /** The pod before its containers: what is counted in between is then the container's. */
  #readPod(pod: string, rows: Map<string, number>): void {
    const containers = this.#tree.within(pod, this.#tree.isV2 ? 1 : undefined);
    for (const cgroup of [pod, ...containers]) {
      const kills = counterIn(this.#tree.text(cgroup, this.#counterFile), OOM_KILL);
      if (kills !== undefined) rows.set(cgroup, kills);
    }
  }
}
