import * as fc from 'fast-check';
import type { OomCounters } from '../../src/oom/oom-counters.ts';
import { countKill } from '../support/fake-counters.ts';

/** What counters say that need not be so. */
export const lies = fc.record({
  isHierarchical: fc.boolean(),
  /** By how much a counter has moved beyond what it counted, each time it is read; one that is set back is somebody else's. */
  steps: fc.oneof(
    fc.constant([0]),
    fc.array(fc.constantFrom(0, 0, 1, 1, 2, -1), { minLength: 1, maxLength: 7 }),
  ),
  /** How many kills of the host nobody has read of, each time that is asked. */
  ahead: fc.oneof(
    fc.constant([0]),
    fc.array(fc.constantFrom(0, 0, 0, 0, 1, -1), { minLength: 1, maxLength: 7 }),
  ),
});
export type Lies = typeof lies extends fc.Arbitrary<infer T> ? T : never;

/** Counters of these cgroups that may move whenever they are read, whoever was killed. */
export class LyingCounters implements OomCounters {
  readonly isHierarchical: boolean;
  readonly #lies: Lies;
  readonly #rows: Map<string, number>;
  readonly #linesRead: () => number;
  #reads = 0;
  #totals = 0;

  /** @param linesRead how many kill lines were read, which the host's counter says when it does not lie */
  constructor(told: Lies, cgroups: readonly string[], linesRead: () => number) {
    this.isHierarchical = told.isHierarchical;
    this.#lies = told;
    this.#rows = new Map(cgroups.map((cgroup) => [cgroup, 0]));
    this.#linesRead = linesRead;
  }

  /** What is true: somebody was killed there. */
  kill(cgroup: string): void {
    countKill(this.#rows, cgroup, this.isHierarchical);
  }

  read(): ReadonlyMap<string, number> {
    for (const [cgroup, kills] of this.#rows)
      this.#rows.set(cgroup, kills + (nth(this.#lies.steps, (this.#reads += 1)) ?? 0));
    return new Map(this.#rows);
  }

  total(): number {
    return this.#linesRead() + (nth(this.#lies.ahead, (this.#totals += 1)) ?? 0);
  }
}

/** Of lies that begin anew when they are through. */
export function nth<T>(told: readonly T[], n: number): T | undefined {
  return told[n % told.length];
}
