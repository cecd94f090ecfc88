import { parseCgroupPath } from '../oom/cgroup-path.ts';
import type { CgroupTree } from './cgroup-tree.ts';
import { isNamespaceInit } from './main-process.ts';
import type { PodEntry } from './pod-directory.ts';
import type { ProcFiles } from './proc-files.ts';

/** The main process of a container, by the cgroup it was found in. */
interface Note {
  readonly containerId: string;
  readonly pid: number;
  readonly cgroup: string;
}

/**
 * Which process is the main one of which container, noted when the container starts: on a node
 * without a CPU to spare the agent reads of a kill seconds later, when nothing is left of its victim.
 *
 * A container runs as long as its main process, so the pid is nobody else's meanwhile. One that
 * ended is known only when the watch says so: a note is no proof without the container's counter.
 * Only processes that are number 1 of a pid namespace are noted; of others nothing shows who is first.
 */
export class MainProcessNotes {
  readonly #tree: CgroupTree;
  readonly #proc: ProcFiles;
  /** By the UID in the pods' paths. */
  readonly #notes = new Map<string, readonly Note[]>();
  readonly #cgroups = new Map<number, string>();
  #podPaths: ReadonlyMap<string, string> = new Map();

  constructor(tree: CgroupTree, proc: ProcFiles) {
    this.#tree = tree;
    this.#proc = proc;
  }

  /** The cgroup of the container's main process that had this pid when its container started. */
  cgroupOf(pid: number): string | undefined {
    return this.#cgroups.get(pid);
  }

  /** Looks at the containers of a pod that run and were not looked at before; forgets those that are no more. */
  note({ cgroupUid, containers, deletedAtMs }: PodEntry): void {
    const before = this.#notes.get(cgroupUid) ?? [];
    const ids = new Set(deletedAtMs === undefined ? containers.flatMap((one) => one.ids) : []);
    const kept = before.filter(({ containerId }) => ids.has(containerId));
    const running = containers.flatMap(({ ids: [id], runningSinceMs }) =>
      id !== undefined && runningSinceMs !== undefined && deletedAtMs === undefined ? [id] : [],
    );
    const fresh = running.filter((id) => !kept.some(({ containerId }) => containerId === id));
    const found = fresh.length === 0 ? [] : this.#find(cgroupUid, fresh);
    for (const { pid } of before) this.#cgroups.delete(pid);
    for (const { pid, cgroup } of [...kept, ...found]) this.#cgroups.set(pid, cgroup);
    if (ids.size === 0) this.#notes.delete(cgroupUid);
    else this.#notes.set(cgroupUid, [...kept, ...found]);
  }

  #find(cgroupUid: string, containerIds: readonly string[]): readonly Note[] {
    const pod = this.#podPath(cgroupUid);
    if (pod === undefined) return [];
    return this.#tree.within(pod).flatMap((cgroup) => {
      const containerId = parseCgroupPath(cgroup)?.containerId;
      if (containerId === undefined || !containerIds.includes(containerId)) return [];
      const pids = this.#tree.pids(cgroup);
      return pids
        .filter((pid) => isNamespaceInit(this.#proc.text(`${pid}/status`)))
        .map((pid) => ({ containerId, pid, cgroup }));
    });
  }

  #podPath(cgroupUid: string): string | undefined {
    if (!this.#podPaths.has(cgroupUid)) {
      const paths = this.#tree.pods().map((path) => [parseCgroupPath(path)?.podUid, path] as const);
      this.#podPaths = new Map(
        paths.flatMap(([uid, path]) => (uid === undefined ? [] : [[uid, path] as const])),
      );
    }
    return this.#podPaths.get(cgroupUid);
  }
}
