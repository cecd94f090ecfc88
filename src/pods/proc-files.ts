import { decodeName } from '../oom/decode-name.ts';

/** Who has a pid: its name and its start tell two of them apart. @see proc_pid_stat(5) */
export interface PidOwner {
  /** Any 15 bytes. */
  readonly comm: string;
  /** One letter. */
  readonly state: string;
  readonly parent: number;
  readonly session: number;
  /** CLOCK_BOOTTIME, ms, cut to a clock tick. */
  readonly startedMs: number;
}

/** proc_pid_stat(5): the fields begin with the third. */
const FLAGS = 9 - 3;
/** include/linux/sched.h */
const PF_KTHREAD = 0x0020_0000;
/** The kernel's second process, which no container has. */
const KTHREADD = 2;

/** The host's `/proc`, as far as its processes are asked for. What is gone is absent. */
export class ProcFiles {
  readonly #root: string;
  readonly #readText: (path: string) => string;
  readonly #resolve: (path: string) => string | undefined;

  /**
   * @param readText reads a file as latin1 and throws where it is gone
   * @param resolve of a path that climbs out of our own cgroup namespace, which one it is
   */
  constructor(
    procRoot: string,
    readText: (path: string) => string,
    resolve: (path: string) => string | undefined = () => undefined,
  ) {
    this.#root = procRoot;
    this.#readText = readText;
    this.#resolve = resolve;
  }

  /** Whether its processes are the host's, and not a container's alone: no container sees a kernel thread. */
  get isHost(): boolean {
    return (Number(statFields(this.text(`${KTHREADD}/stat`))?.[FLAGS]) & PF_KTHREAD) !== 0;
  }

  /** The process that asks; absent where this `/proc` does not show it. */
  get self(): number | undefined {
    return Number.parseInt(this.text('self/stat') ?? '', 10) || undefined;
  }

  /** A file, by its path below `/proc`. */
  text(path: string): string | undefined {
    try {
      return this.#readText(`${this.#root}/${path}`);
    } catch {
      return undefined;
    }
  }

  /** Who has a pid now, by one read. */
  owner(pid: number): PidOwner | undefined {
    const stat = this.text(`${pid}/stat`);
    const fields = statFields(stat) ?? [];
    const ticks = Number(fields[22 - 3]);
    if (stat === undefined || Number.isNaN(ticks)) return undefined;
    return {
      comm: decodeName(stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))),
      state: fields[0] ?? '',
      parent: Number(fields[4 - 3]),
      session: Number(fields[6 - 3]),
      startedMs: ticks * TICK_MS,
    };
  }

  /**
   * What another clock said when CLOCK_BOOTTIME was 0, if it has counted all time since: later by a tick,
   * or by however long it took to read it, never earlier. `Infinity` where that cannot be read.
   */
  bootMs(clockMs: () => number): number {
    const seconds = Number.parseFloat(this.text('uptime') ?? '');
    return Number.isNaN(seconds) ? Infinity : clockMs() - seconds * 1000;
  }

  /** Its memory cgroup. A task that has left its cgroup is shown in the root, `/`. */
  cgroupOf(pid: number): string | undefined {
    const path = memoryCgroup(this.text(`${pid}/cgroup`) ?? '');
    if (path === undefined) return undefined;
    return path.startsWith('/..') ? this.#resolve(decodeName(path)) : decodeName(path);
  }
}

/** USER_HZ is 100 wherever Linux runs containers. */
const TICK_MS = 10;

/** When a process had certainly started, by the clock of {@link ProcFiles.bootMs}. */
export function startedByMs(startedMs: number, bootMs: number): number {
  return bootMs + startedMs + TICK_MS;
}

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
 * The memory cgroup in a `/proc/<pid>/cgroup`: the `memory` hierarchy of v1, else v2's `0::`. In a cgroup
 * namespace of our own it is told from there: `/../..` and what follows.
 */
function memoryCgroup(text: string): string | undefined {
  const path =
    /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(?<path>\/.*)$/m.exec(text)?.groups?.['path'] ??
    /^0::(?<path>\/.*)$/m.exec(text)?.groups?.['path'];
  return path?.replace(DELETED, '');
}
