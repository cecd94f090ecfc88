import { decodeName } from './decode-name.ts';
import type { KillEvidence } from './episode.ts';
import type { Witness } from './kill-evidence.ts';

/**
 * The witness on a real node: `/proc/<pid>/cgroup`, which still answers for most victims when the
 * kill line arrives. It needs the host's pid namespace; elsewhere a pid is somebody else's, so the
 * name must agree as well.
 *
 * @param readText reads a file as latin1 and throws where it is gone
 */
export class ProcWitness implements Witness {
  readonly #procRoot: string;
  readonly #readText: (path: string) => string;

  constructor(procRoot: string, readText: (path: string) => string) {
    this.#procRoot = procRoot;
    this.#readText = readText;
  }

  testify(pid: number, comm: string): KillEvidence | undefined {
    try {
      const name = decodeName(this.#read(pid, 'comm')).replace(/\n$/, '');
      const cgroup = name === comm ? this.#cgroupOf(pid) : undefined;
      if (cgroup === undefined) return undefined;
      return { cgroup, source: 'proc', ...(this.#isChild(pid, cgroup) && { isChild: true }) };
    } catch {
      return undefined;
    }
  }

  /**
   * The parent of a container's main process is the runtime's (shim, conmon), in a cgroup of its own.
   * One whose parent lives beside it is no main process, whatever pid namespaces the pod shares.
   */
  #isChild(pid: number, cgroup: string): boolean {
    try {
      const parent = /^PPid:\t(?<pid>[1-9]\d*)$/m.exec(this.#read(pid, 'status'))?.groups?.['pid'];
      return parent !== undefined && this.#cgroupOf(Number(parent)) === cgroup;
    } catch {
      return false;
    }
  }

  #cgroupOf(pid: number): string | undefined {
    const cgroup = memoryCgroup(this.#read(pid, 'cgroup'));
    return cgroup === undefined ? undefined : decodeName(cgroup);
  }

  #read(pid: number, file: string): string {
    return this.#readText(`${this.#procRoot}/${pid}/${file}`);
  }
}

/** proc_cgroup_show() appends this where the directory has been removed already. */
const DELETED = / \(deleted\)$/;

/**
 * The memory cgroup in a `/proc/<pid>/cgroup`: the `memory` hierarchy of v1, else v2's `0::`. The
 * root says nothing (a task that has left its cgroup is shown there), and neither does a path that
 * climbs out of our own cgroup namespace.
 */
function memoryCgroup(text: string): string | undefined {
  const path =
    /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(?<path>\/.*)$/m.exec(text)?.groups?.['path'] ??
    /^0::(?<path>\/.*)$/m.exec(text)?.groups?.['path'];
  const cgroup = path?.replace(DELETED, '');
  return cgroup === '/' || cgroup?.startsWith('/..') ? undefined : cgroup;
}
