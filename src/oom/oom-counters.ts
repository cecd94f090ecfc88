import { containerPath, parseCgroupPath } from './cgroup-path.ts';

/** The kernel's own counters of OOM kills. */
export interface OomCounters {
  /** v2: a cgroup's counter includes what happened below it. */
  readonly isHierarchical: boolean;
  /** `oom_kill` of every pod's and container's cgroup there is; `undefined` where the kernel has none. */
  read(): ReadonlyMap<string, number> | undefined;
  /** `/proc/vmstat` `oom_kill`: the whole host's. */
  total(): number | undefined;
}

/** One look at all counters. */
export interface CounterLook<Counted = number> {
  /** By cgroup. */
  readonly rows: ReadonlyMap<string, Counted>;
  /** `/proc/vmstat` `oom_kill`: the whole host's, as it was before and after the look. */
  readonly before: number;
  readonly after: number;
}

/** What is known of the counters after some kill line: JSON, for the store. */
export interface CounterBaselines {
  /** Of the last kill line that is in it. */
  readonly sequence: number;
  readonly total: number;
  readonly rows: readonly (readonly [cgroup: string, kills: number])[];
}

/** Reads them all; `undefined` where the kernel has none. */
export function lookAt(counters: OomCounters): CounterLook | undefined {
  const before = counters.total();
  const rows = counters.read();
  const after = counters.total();
  if (rows === undefined || after === undefined || before === undefined) return undefined;
  return { rows, before, after };
}

/** Which counters a kill moves: v1 the cgroup's own, v2 the container's and the pod's as well. */
export function countersOf(
  { isHierarchical }: Pick<OomCounters, 'isHierarchical'>,
  cgroup: string,
): readonly string[] {
  if (!isHierarchical) return [cgroup];
  const podPath = parseCgroupPath(cgroup)?.podPath;
  if (podPath === undefined) return [];
  return [...new Set([containerPath(cgroup, podPath), podPath])];
}
