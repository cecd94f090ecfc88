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
      const directory = `${this.#procRoot}/${pid}`;
      const name = decodeName(this.#readText(`${directory}/comm`)).replace(/\n$/, '');
      if (name !== comm) return undefined;
      const cgroup = memoryCgroup(this.#readText(`${directory}/cgroup`));
      return cgroup === undefined ? undefined : { cgroup: decodeName(cgroup) };
    } catch {
      return undefined;
    }
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
