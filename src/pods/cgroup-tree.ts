import { leadsToPods, parseCgroupPath } from '../oom/cgroup-path.ts';

/** What is needed of the file system. All throw where there is nothing. */
export interface CgroupFiles {
  readText(path: string): string;
  /** The names of the directories in a directory. */
  listDirectories(path: string): readonly string[];
}

/** Below these two: the colon form (`/system.slice/containerd.service/kubepods…:cri-containerd:…`) and kubelet's `--cgroup-root`. */
const MAX_DEPTH_OF_PODS = 2;
/** A container may make cgroups of its own; nobody nests deeper. */
const MAX_DEPTH_IN_POD = 8;

/**
 * The node's memory cgroups, by their paths as the kernel prints them. Nothing is kept but where the
 * pods are; what cannot be read is absent.
 */
export class CgroupTree {
  /** cgroup v2: one hierarchy, in which a counter includes what happened below. */
  readonly isV2: boolean;
  readonly #files: CgroupFiles;
  readonly #root: string;
  /** The cgroups that hold pods, or QoS classes of them. */
  #podParents: readonly string[] = [];

  /** @param cgroupRoot the host's `/sys/fs/cgroup` */
  constructor(cgroupRoot: string, files: CgroupFiles) {
    this.#files = files;
    this.isV2 = this.#read(`${cgroupRoot}/cgroup.controllers`) !== undefined;
    this.#root = this.isV2 ? cgroupRoot : `${cgroupRoot}/memory`;
  }

  /** A file of a cgroup. */
  text(cgroup: string, file: string): string | undefined {
    return this.#read(`${this.#root}${cgroup}/${file}`);
  }

  /** The processes in a cgroup, those below not among them. */
  pids(cgroup: string): readonly number[] {
    return (this.text(cgroup, 'cgroup.procs')?.match(/\d+/g) ?? []).map(Number);
  }

  /** The cgroups of all pods there are. */
  pods(): readonly string[] {
    if (this.#podParents.length === 0) this.#podParents = [...new Set(this.#findPodParents('', 0))];
    return this.#podParents.flatMap((parent) => this.#podsBelow(parent));
  }

  /** The cgroups in a cgroup, each before those below it. */
  within(cgroup: string, depth = MAX_DEPTH_IN_POD): readonly string[] {
    if (depth === 0) return [];
    return this.#directories(cgroup).flatMap((name) => {
      const below = `${cgroup}/${name}`;
      return [below, ...this.within(below, depth - 1)];
    });
  }

  #findPodParents(path: string, depth: number): readonly string[] {
    return this.#directories(path).flatMap((name) => {
      const below = `${path}/${name}`;
      if (leadsToPods(name)) return [below];
      if (parseCgroupPath(below) !== undefined) return [path];
      return depth < MAX_DEPTH_OF_PODS ? this.#findPodParents(below, depth + 1) : [];
    });
  }

  #podsBelow(path: string): readonly string[] {
    return this.#directories(path).flatMap((name) => {
      const below = `${path}/${name}`;
      if (leadsToPods(name)) return this.#podsBelow(below);
      return parseCgroupPath(below)?.podPath === below ? [below] : [];
    });
  }

  #directories(path: string): readonly string[] {
    try {
      return this.#files.listDirectories(`${this.#root}${path}`);
    } catch {
      return [];
    }
  }

  #read(path: string): string | undefined {
    try {
      return this.#files.readText(path);
    } catch {
      return undefined;
    }
  }
}
