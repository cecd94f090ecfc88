import { leadsToPods, parseCgroupPath } from '../oom/cgroup-path.ts';
import type { OomCounters } from '../oom/kill-ledger.ts';

/** What the counters need of the file system. Both throw where there is nothing. */
export interface CgroupFiles {
  readText(path: string): string;
  /** The names of the directories in a directory. */
  listDirectories(path: string): readonly string[];
}

export interface CgroupCountersOptions {
  /** The host's `/sys/fs/cgroup`. */
  readonly cgroupRoot: string;
  /** The host's `/proc`. */
  readonly procRoot: string;
  readonly files: CgroupFiles;
}

/** Below these two: the colon form (`/system.slice/containerd.service/kubepods…:cri-containerd:…`) and kubelet's `--cgroup-root`. */
const MAX_DEPTH_OF_PODS = 2;
/** A container may make cgroups of its own (v1: each with its own counter); nobody nests deeper. */
const MAX_DEPTH_IN_POD = 8;

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
  readonly isHierarchical: boolean;
  readonly #files: CgroupFiles;
  readonly #root: string;
  readonly #procRoot: string;
  readonly #counterFile: string;
  /** The cgroups that hold pods, or QoS classes of them. */
  #podParents: readonly string[] = [];

  constructor({ cgroupRoot, procRoot, files }: CgroupCountersOptions) {
    this.#files = files;
    this.#procRoot = procRoot;
    this.isHierarchical = this.#text(`${cgroupRoot}/cgroup.controllers`) !== undefined;
    this.#root = this.isHierarchical ? cgroupRoot : `${cgroupRoot}/memory`;
    this.#counterFile = this.isHierarchical ? 'memory.events' : 'memory.oom_control';
  }

  read(): ReadonlyMap<string, number> | undefined {
    if (!this.#isSupported()) return undefined;
    if (this.#podParents.length === 0) this.#podParents = [...new Set(this.#findPodParents('', 0))];
    const rows = new Map<string, number>();
    for (const parent of this.#podParents) this.#readBelow(parent, rows);
    return rows;
  }

  lowestScore(cgroup: string): number | undefined {
    const pids = this.#text(`${this.#root}${cgroup}/cgroup.procs`)?.match(/\d+/g) ?? [];
    const scores = pids
      .map((pid) => Number.parseInt(this.#text(`${this.#procRoot}/${pid}/oom_score_adj`) ?? '', 10))
      .filter((score) => !Number.isNaN(score));
    return scores.length === 0 ? undefined : Math.min(...scores);
  }

  total(): number | undefined {
    return killsIn(this.#text(`${this.#procRoot}/vmstat`));
  }

  /** v1 has it in every cgroup since 4.13, v2 in every one but the root. */
  #isSupported(): boolean {
    return (
      this.isHierarchical || killsIn(this.#text(`${this.#root}/${this.#counterFile}`)) !== undefined
    );
  }

  #findPodParents(path: string, depth: number): readonly string[] {
    return this.#directories(path).flatMap((name) => {
      const below = `${path}/${name}`;
      if (leadsToPods(name)) return [below];
      if (parseCgroupPath(below) !== undefined) return [path];
      return depth < MAX_DEPTH_OF_PODS ? this.#findPodParents(below, depth + 1) : [];
    });
  }

  #readBelow(path: string, rows: Map<string, number>): void {
    for (const name of this.#directories(path)) {
      const below = `${path}/${name}`;
      if (leadsToPods(name)) this.#readBelow(below, rows);
      else if (parseCgroupPath(below)?.podPath === below) this.#readPod(below, rows);
    }
  }

  /** The pod before its containers: what is counted in between is then the container's. */
  #readPod(pod: string, rows: Map<string, number>): void {
    this.#readCounter(pod, rows);
    this.#readWithin(pod, rows, 1);
  }

  #readWithin(path: string, rows: Map<string, number>, depth: number): void {
    for (const name of this.#directories(path)) {
      const below = `${path}/${name}`;
      this.#readCounter(below, rows);
      if (!this.isHierarchical && depth < MAX_DEPTH_IN_POD) {
        this.#readWithin(below, rows, depth + 1);
      }
    }
  }

  #readCounter(path: string, rows: Map<string, number>): void {
    const kills = killsIn(this.#text(`${this.#root}${path}/${this.#counterFile}`));
    if (kills !== undefined) rows.set(path, kills);
  }

  #directories(path: string): readonly string[] {
    try {
      return this.#files.listDirectories(`${this.#root}${path}`);
    } catch {
      return [];
    }
  }

  #text(path: string): string | undefined {
    try {
      return this.#files.readText(path);
    } catch {
      return undefined;
    }
  }
}

function killsIn(text: string | undefined): number | undefined {
  const kills = OOM_KILL.exec(text ?? '')?.groups?.['kills'];
  return kills === undefined ? undefined : Number(kills);
}
