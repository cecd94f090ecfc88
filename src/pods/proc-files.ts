import { decodeName } from '../oom/decode-name.ts';

/** The host's `/proc`, as far as its processes are asked for. What is gone is absent. */
export class ProcFiles {
  readonly #root: string;
  readonly #readText: (path: string) => string;

  /** @param readText reads a file as latin1 and throws where it is gone */
  constructor(procRoot: string, readText: (path: string) => string) {
    this.#root = procRoot;
    this.#readText = readText;
  }

  /** A file, by its path below `/proc`. */
  text(path: string): string | undefined {
    try {
      return this.#readText(`${this.#root}/${path}`);
    } catch {
      return undefined;
    }
  }

  /** The name of a process, which is any 15 bytes. */
  commOf(pid: number): string | undefined {
    const text = this.text(`${pid}/comm`);
    return text === undefined ? undefined : decodeName(text).replace(/\n$/, '');
  }

  /** Its memory cgroup. A task that has left its cgroup is shown in the root, `/`. */
  cgroupOf(pid: number): string | undefined {
    const path = memoryCgroup(this.text(`${pid}/cgroup`) ?? '');
    return path === undefined ? undefined : decodeName(path);
  }
}

/** proc_cgroup_show() appends this where the directory has been removed already. */
const DELETED = / \(deleted\)$/;

/**
 * The memory cgroup in a `/proc/<pid>/cgroup`: the `memory` hierarchy of v1, else v2's `0::`. A path
 * that climbs out of our own cgroup namespace says nothing.
 */
function memoryCgroup(text: string): string | undefined {
  const path =
    /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(?<path>\/.*)$/m.exec(text)?.groups?.['path'] ??
    /^0::(?<path>\/.*)$/m.exec(text)?.groups?.['path'];
  const cgroup = path?.replace(DELETED, '');
  return cgroup?.startsWith('/..') ? undefined : cgroup;
}
