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

  /** When a process started, ms of CLOCK_BOOTTIME, cut to a clock tick. @see proc_pid_stat(5) */
  startedMs(pid: number): number | undefined {
    const ticks = Number(statFields(this.text(`${pid}/stat`))?.[22 - 3]);
    return Number.isNaN(ticks) ? undefined : ticks * TICK_MS;
  }

  /** CLOCK_BOOTTIME now, ms, cut to a clock tick. */
  uptimeMs(): number | undefined {
    const seconds = Number.parseFloat(this.text('uptime') ?? '');
    return Number.isNaN(seconds) ? undefined : seconds * 1000;
  }

  /** Its memory cgroup. A task that has left its cgroup is shown in the root, `/`. */
  cgroupOf(pid: number): string | undefined {
    const path = memoryCgroup(this.text(`${pid}/cgroup`) ?? '');
    return path === undefined ? undefined : decodeName(path);
  }
}

/** USER_HZ is 100 wherever Linux runs containers. */
export const TICK_MS = 10;

/**
 * The fields of a `/proc/<pid>/stat`, from the state, the third, on: the name before it, in
 * parentheses, may contain anything.
 */
export function statFields(stat: string | undefined): readonly string[] | undefined {
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
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
