import type { ContextKind, LimitLevel } from '../oom/episode.ts';

/**
 * What an experienced engineer would say of one episode. `explain -o json` prints it: names and
 * meanings are in docs/explain.md. Sizes are in 1024 bytes. Text that a process, a cgroup or a pod
 * chose is escaped; in a sentence it stands between backquotes.
 */
export interface Explanation {
  /** `oom-<sequence>`, as in `replay -o ndjson`. */
  readonly id: string;
  /** µs since boot. */
  readonly monotonicUs: number;
  /** RFC 3339; absent where the log tells only the time since boot. */
  readonly time?: string;
  /** What happened, in the words of the Event. */
  readonly summary: string;
  readonly context: ContextKind;
  readonly limit?: ExplainedLimit;
  readonly pod?: ExplainedPod;
  /** Whose allocation could not be met. */
  readonly invoker?: {
    readonly comm: string;
    readonly order: number;
    readonly oomScoreAdj: number;
  };
  /** How many processes were killed. */
  readonly killed: number;
  readonly processes: ProcessTable;
  readonly memory?: MemoryBreakdown;
  /** Swap in use; `limitKb` is absent where it is not limited. */
  readonly swap?: { readonly usageKb: number; readonly limitKb?: number };
  readonly advice: readonly Advice[];
  /** What cannot be said, and why. */
  readonly unsaid: readonly string[];
}

/** Whose limit was hit, and how much of it was in use. */
export interface ExplainedLimit {
  /** Absent while it is not decided whose the cgroup is. */
  readonly level?: LimitLevel;
  /** The pod's cgroup has the limit of its only container, which is the one that was set. */
  readonly isContainers?: boolean;
  readonly cgroup?: string;
  readonly usageKb?: number;
  /** Absent for the system, which has none. */
  readonly limitKb?: number;
  readonly usedPercent?: number;
}

/** The victim's pod; without a pod list only what its cgroup path says. */
export interface ExplainedPod {
  readonly uid: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly container?: string;
  readonly containerId?: string;
}

/** The kernel's task table, the largest first, and whoever was killed and is not in it. */
export interface ProcessTable {
  readonly rows: readonly ProcessRow[];
  /** The rows that are left out here. */
  readonly others: { readonly count: number; readonly killed: number; readonly rssKb?: number };
}

/** One process (or thread, as the kernel lists it). */
export interface ProcessRow {
  readonly pid: number;
  readonly comm: string;
  readonly killed?: 'victim' | 'member';
  /** Absent where the size of a page is not known. */
  readonly rssKb?: number;
  readonly rssPages?: number;
  readonly swapKb?: number;
  readonly oomScoreAdj?: number;
}

/** Where the memory went. */
export interface MemoryBreakdown {
  /** Of what the shares are: what the cgroup was charged, or the node's memory. */
  readonly wholeKb: number;
  /** Each of one kind of memory. */
  readonly shares: readonly {
    readonly what: string;
    readonly kb: number;
    readonly percent: number;
  }[];
}

/** What to do, and the rule that says so. */
export interface Advice {
  readonly rule: string;
  readonly text: string;
}
