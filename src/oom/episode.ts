/** A process as the kernel's kill line describes it. Sizes in kB as the kernel means it (1024 bytes). */
export interface KilledProcess {
  readonly pid: number;
  /** The name's bytes as UTF-8; control characters are still in it. */
  readonly comm: string;
  readonly uid?: number | undefined;
  readonly totalVmKb?: number | undefined;
  readonly anonRssKb?: number | undefined;
  readonly fileRssKb?: number | undefined;
  readonly shmemRssKb?: number | undefined;
  readonly pgtablesKb?: number | undefined;
  readonly oomScoreAdj?: number | undefined;
}

/** The task whose allocation could not be satisfied: who invoked the OOM killer, not who died. */
export interface Invoker {
  readonly comm: string;
  readonly gfpMask: string;
  readonly order: number;
  readonly oomScoreAdj: number;
}

/** One row of the kernel's task table (`dump_task()`). Sizes in pages unless named otherwise. */
export interface TaskRow {
  readonly pid: number;
  readonly tgid: number;
  readonly uid: number;
  readonly comm: string;
  readonly totalVmPages: number;
  readonly rssPages: number;
  readonly rssAnonPages?: number | undefined;
  readonly rssFilePages?: number | undefined;
  readonly rssShmemPages?: number | undefined;
  readonly pgtablesBytes?: number | undefined;
  readonly swapEntries?: number | undefined;
  readonly oomScoreAdj: number;
}

/**
 * How much the kernel told: `full` the whole report, `suppressed` the kill line alone because the
 * kernel rate-limits the rest, `partial` what a cut or overrun log still shows. `none`: the log was not
 * read, and the tracepoint `oom:mark_victim` has no context.
 */
export const CONTEXT_KINDS = ['full', 'suppressed', 'partial', 'none'] as const;
export type ContextKind = (typeof CONTEXT_KINDS)[number];

/** Whose limit was hit, from the path of the oom memcg. `host` is a unit outside kubepods. */
export const LIMIT_LEVELS = [
  'container',
  'pod',
  'qos',
  'node-allocatable',
  'system',
  'host',
] as const;
export type LimitLevel = (typeof LIMIT_LEVELS)[number];

/**
 * Who told the victim's cgroup at its kill line: `proc` is `/proc/<pid>/cgroup`, `snapshot` the
 * `cgroup.procs` of all containers read while the process lived, `counters` a container's `oom_kill`
 * that moved, `pod-counter` a pod's, whose container is gone already.
 */
export type EvidenceSource = 'proc' | 'snapshot' | 'counters' | 'pod-counter';

/** What was taken down the moment a kill line was read; milliseconds later it is gone. */
export interface KillEvidence {
  /** The victim's memory cgroup. */
  readonly cgroup: string;
  readonly source: EvidenceSource;
  /**
   * Several kills and several cgroups remained: somebody was killed in this one, and nothing says
   * that it was this process.
   */
  readonly isOneOfSeveral?: boolean | undefined;
  /**
   * In there, the cgroup of the container whose main process had the victim's pid. It was this process
   * if the container's status says that it ran until then.
   */
  readonly likely?: string | undefined;
  /** `pod-counter`: cgroups in the pod whose own counters stood still. Nobody was killed in these. */
  readonly unmoved?: readonly string[] | undefined;
}

/**
 * Where the memory was when it ran out, by the report's own statistics: of the oom memcg and all below
 * it, or of the system. In 1024 bytes; what the kernel did not print is absent.
 */
export interface MemoryStatistics {
  /** Of the system: all memory but what the kernel reserved at boot. */
  readonly totalKb?: number | undefined;
  readonly freeKb?: number | undefined;
  /** Memory of processes that is no file's. */
  readonly anonKb?: number | undefined;
  /** The page cache, with what is in `shmemKb`. */
  readonly fileKb?: number | undefined;
  /** tmpfs, and memory that processes share. */
  readonly shmemKb?: number | undefined;
  /** Of the system: what no reclaim may take, `mlock()` for the most part. */
  readonly unevictableKb?: number | undefined;
  /** All kernel memory, of a cgroup. */
  readonly kernelKb?: number | undefined;
  readonly slabKb?: number | undefined;
  readonly pagetablesKb?: number | undefined;
  readonly kernelStackKb?: number | undefined;
  readonly percpuKb?: number | undefined;
  /** Network buffers. */
  readonly sockKb?: number | undefined;
  /** Of the system: set aside for huge pages, used or not. */
  readonly hugepagesKb?: number | undefined;
  readonly swapUsageKb?: number | undefined;
  /** Absent where there is no limit; of the system, how much swap there is. */
  readonly swapLimitKb?: number | undefined;
}

/** One OOM decision: a victim, the members killed with it, and whatever context the kernel printed. */
export interface OomEpisode {
  /**
   * Sequence of the first kill line, or of the reaper's line where that is the only evidence. Of one that the
   * tracepoint told, the µs since boot at which its victim was marked.
   */
  readonly sequence: number;
  /** Sequence of the last record that belongs to it: reading may go on after this one. */
  readonly lastSequence: number;
  /** Of the first kill line, µs since boot. */
  readonly monotonicUs: number;
  /** Of the first kill line, wall clock, ms since the epoch. */
  readonly atMs: number;
  readonly context: ContextKind;
  /** The kernel's word: `CONSTRAINT_NONE`, `_CPUSET`, `_MEMORY_POLICY` or `_MEMCG`. */
  readonly constraint?: string | undefined;
  /** Absent where the kernel withheld whose limit it was. */
  readonly limitLevel?: LimitLevel | undefined;
  /** The cgroup whose limit was hit; absent for a system-wide OOM. */
  readonly oomMemcg?: string | undefined;
  /** The victim's cgroup. */
  readonly taskMemcg?: string | undefined;
  /** The cgroup whose processes were killed together (`memory.oom.group`), as `Tasks in …` names it. */
  readonly group?: string | undefined;
  /** Kernel kill lines folded into this episode; what `/proc/vmstat oom_kill` counts. */
  readonly killLines: number;
  readonly usageKb?: number | undefined;
  readonly limitKb?: number | undefined;
  /** Absent also in what an earlier version stored. */
  readonly memory?: MemoryStatistics | undefined;
  readonly invoker?: Invoker | undefined;
  readonly victim: KilledProcess;
  readonly members: readonly KilledProcess[];
  readonly tasks: readonly TaskRow[];
  readonly evidence?: KillEvidence | undefined;
}
