import type { OomCounters } from '../../src/oom/oom-counters.ts';

/** The kernel's counters in memory. v1 counts in the cgroup itself, v2 in all above it as well. */
export class FakeCounters implements OomCounters {
  readonly isHierarchical: boolean;
  readonly #rows = new Map<string, number>();
  #total = 0;
  /** How often they were read. */
  reads = 0;
  /** Called while they are being read: kills go on meanwhile. */
  onRead: () => void = () => undefined;

  constructor(isHierarchical = false) {
    this.isHierarchical = isHierarchical;
  }

  make(...cgroups: readonly string[]): void {
    for (const cgroup of cgroups) this.#rows.set(cgroup, 0);
  }

  remove(cgroup: string): void {
    this.#rows.delete(cgroup);
  }

  kill(cgroup: string): void {
    this.#total += 1;
    countKill(this.#rows, cgroup, this.isHierarchical);
  }

  read(): ReadonlyMap<string, number> {
    this.reads += 1;
    const rows = new Map(this.#rows);
    this.onRead();
    return rows;
  }

  total(): number {
    return this.#total;
  }
}

/** As the kernel does: in the cgroup itself, and on v2 in all above it. */
export function countKill(
  rows: Map<string, number>,
  cgroup: string,
  isHierarchical: boolean,
): void {
  for (const [row, kills] of rows) {
    const counts = row === cgroup || (isHierarchical && cgroup.startsWith(`${row}/`));
    if (counts) rows.set(row, kills + 1);
  }
}
