import { parseCgroupPath } from '../oom/cgroup-path.ts';
import type { CgroupTree } from './cgroup-tree.ts';
import { isNamespaceInit, isOfPod } from './main-process.ts';
import type { ContainerEntry, PodEntry } from './pod-directory.ts';
import type { ProcFiles } from './proc-files.ts';

/** The main process of a container, by the cgroup it was found in. */
interface Note {
  readonly podUid: string;
  readonly containerId: string;
  readonly comm: string;
  readonly cgroup: string;
}

/**
 * Which process is the main one of which container, noted when the container starts: on a node
 * without a CPU to spare the agent reads of a kill seconds later, when nothing is left of its victim.
 *
 * A container runs as long as its main process, so the pid is nobody else's meanwhile. That it ended
 * is known only when the watch says so, and by then the pid may be another's: a note is no proof
 * before the container's status says how long it ran. Noted are only processes that are number 1 of
 * a pid namespace and that somebody outside the pod started; a container may make namespaces of its own.
 */
export class MainProcessNotes {
  readonly #tree: CgroupTree;
  readonly #proc: ProcFiles;
  /** By pid: who has it now had it last. */
  readonly #notes = new Map<number, Note>();
  #podPaths: ReadonlyMap<string, string> = new Map();

  constructor(tree: CgroupTree, proc: ProcFiles) {
    this.#tree = tree;
    this.#proc = proc;
  }

  /** The cgroup of the container's main process that had this pid and name when its container started. */
  cgroupOf(pid: number, comm: string): string | undefined {
    const note = this.#notes.get(pid);
    return note?.comm === comm ? note.cgroup : undefined;
  }

  /** Looks at the containers of a pod that run and were not looked at before; forgets those that are no more. */
  note({ uid, cgroupUid, containers, deletedAtMs }: PodEntry): void {
    const known = deletedAtMs === undefined ? containers : [];
    const remembered = new Set(
      known.flatMap((one) => [runningId(one), one.lastTermination?.containerId]),
    );
    const noted = new Set<string>();
    for (const [pid, { podUid, containerId }] of this.#notes) {
      if (podUid !== uid) continue;
      if (remembered.has(containerId)) noted.add(containerId);
      else this.#notes.delete(pid);
    }
    const running = known.map(runningId).filter((id) => id !== undefined);
    const fresh = running.filter((id) => !noted.has(id));
    if (fresh.length > 0) this.#find(uid, cgroupUid, fresh);
  }

  #find(podUid: string, cgroupUid: string, containerIds: readonly string[]): void {
    const pod = this.#podPath(cgroupUid);
    if (pod === undefined) return;
    for (const cgroup of this.#tree.within(pod)) {
      const { containerId = '' } = parseCgroupPath(cgroup) ?? {};
      if (!containerIds.includes(containerId)) continue;
      for (const pid of this.#tree.pids(cgroup)) {
        if (!isNamespaceInit(this.#proc.text(`${pid}/status`))) continue;
        const owner = this.#proc.owner(pid);
        if (owner !== undefined && !isOfPod(owner.parent, pod, this.#proc))
          this.#notes.set(pid, { podUid, containerId, comm: owner.comm, cgroup });
      }
    }
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

function runningId({ ids: [id], runningSinceMs }: ContainerEntry): string | undefined {
  return runningSinceMs === undefined ? undefined : id;
}
