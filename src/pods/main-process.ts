import { containerPath, isUnder, parseCgroupPath } from '../oom/cgroup-path.ts';
import type { OomEpisode } from '../oom/episode.ts';
import type { CgroupTree } from './cgroup-tree.ts';
import { excludesGroup } from './oom-group.ts';
import type { PidOwner, ProcFiles } from './proc-files.ts';

/** What was found out of a container's main process; `not-yet` while the victim is still there. */
export type MainProcessState = 'survived' | 'unknown' | 'not-yet';

/** When to look at a dying process again; it is gone within milliseconds, or stuck for seconds. */
const LOOK_AGAIN_MS = [2, 5, 10, 20, 50, 100, 200, 500, 1000] as const;
/** SIGKILL's bit in the masks of `/proc/<pid>/status`. */
const SIGKILL_BIT = 1n << 8n;

/** A process, as `/proc/<pid>/stat` and `status` have it. */
interface Process extends PidOwner {
  readonly pid: number;
  readonly isDead: boolean;
  /** A SIGKILL is on its way to it. */
  readonly isDying: boolean;
  /** The first of a pid namespace of its own. */
  readonly isInit: boolean;
}

/** Finds the main processes of containers. */
export class MainProcess {
  readonly #tree: CgroupTree;
  readonly #proc: ProcFiles;

  constructor(tree: CgroupTree, proc: ProcFiles) {
    this.#tree = tree;
    this.#proc = proc;
  }

  /**
   * Whether the main process of the victim's container outlived it. Asked again while `not-yet`: a
   * process that is dying proves nothing. `unknown` where a group was or may have been killed, where
   * the victim was the main process, and where nobody can tell.
   */
  after(episode: OomEpisode): MainProcessState {
    const { taskMemcg: cgroup, oomMemcg, victim, group, killLines } = episode;
    const pod = cgroup === undefined ? undefined : parseCgroupPath(cgroup);
    if (cgroup === undefined || pod?.containerId === undefined) return 'unknown';
    const isAlone = group === undefined && killLines === 1;
    if (!isAlone || !excludesGroup(this.#tree, cgroup, oomMemcg)) return 'unknown';
    const container = containerPath(cgroup, pod.podPath);
    const cgroups = [container, ...this.#tree.within(container)];
    if (cgroups.every((one) => this.#tree.pids(one).every((pid) => pid === victim.pid)))
      return 'unknown';
    if (this.#read(victim.pid)?.isDead === false) return 'not-yet';
    const main = this.#find(episode, cgroups, pod.podPath);
    return main === undefined || main.isDead || main.isDying ? 'unknown' : 'survived';
  }

  /**
   * In a pid namespace of its own a container's main process is number 1. Else it is the one that
   * started first, by the runtime, which is no process of the pod. An orphan that was given another
   * parent is not taken for it: it is younger than the victim, or of the victim's session.
   */
  #find(episode: OomEpisode, cgroups: readonly string[], podPath: string): Process | undefined {
    const { victim, taskMemcg = '' } = episode;
    const startedIn = (cgroup: string): readonly Process[] =>
      this.#startedFromOutside(cgroup, podPath, victim.pid);
    const init = cgroups.flatMap(startedIn).find(({ isInit }) => isInit);
    if (init !== undefined) return init;
    const [first] = startedIn(taskMemcg).toSorted((a, b) => a.startedMs - b.startedMs);
    return first !== undefined && isOlder(first, episode) ? first : undefined;
  }

  /** The processes of a cgroup but the victim, which the runtime started or adopted. */
  #startedFromOutside(cgroup: string, podPath: string, victim: number): readonly Process[] {
    return this.#tree
      .pids(cgroup)
      .filter((pid) => pid !== victim)
      .map((pid) => this.#read(pid))
      .filter((process) => process !== undefined)
      .filter(({ parent }) => !isOfPod(parent, podPath, this.#proc));
  }

  #read(pid: number): Process | undefined {
    const owner = this.#proc.owner(pid);
    const status = this.#proc.text(`${pid}/status`);
    if (owner === undefined || status === undefined) return undefined;
    return {
      ...owner,
      pid,
      isDead: /^[ZXx]$/.test(owner.state),
      isDying: hasSigkill(status),
      isInit: isNamespaceInit(status),
    };
  }
}

/**
 * Whether the container's main process lives on, where a child of it was killed alone. Known within
 * two seconds of the kill: it is about a process that is there now.
 *
 * @param sleep resolves after so many ms
 */
export async function hasSurvived(
  episode: OomEpisode,
  mainProcess: Pick<MainProcess, 'after'>,
  sleep: (ms: number) => Promise<void>,
): Promise<boolean> {
  for (const waitMs of LOOK_AGAIN_MS) {
    const state = mainProcess.after(episode);
    if (state !== 'not-yet') return state === 'survived';
    await sleep(waitMs);
  }
  return mainProcess.after(episode) === 'survived';
}

/** Whether a process is one of the pod's, or nobody can tell. */
export function isOfPod(pid: number, podPath: string, proc: ProcFiles): boolean {
  const cgroup = proc.cgroupOf(pid);
  return cgroup === undefined || isUnder(cgroup, podPath);
}

/**
 * Whether a process is the first of a pid namespace of its own, by its `/proc/<pid>/status`.
 *
 * @see proc_pid_status(5): NSpid
 */
export function isNamespaceInit(status: string | undefined): boolean {
  const numbers = /^NSpid:\t(?<pids>.*)$/m.exec(status ?? '')?.groups?.['pids']?.split('\t') ?? [];
  return numbers.length > 1 && numbers.at(-1) === '1';
}

/**
 * The kernel's table lists the processes of a cgroup in the order in which they came into it
 * (css_task_iter; system-wide, in the order of their creation).
 */
function isOlder({ pid, session }: Process, { tasks, victim }: OomEpisode): boolean {
  const placeOf = (process: number): number => tasks.findIndex(({ tgid }) => tgid === process);
  const place = placeOf(pid);
  return place !== -1 && place < placeOf(victim.pid) && session !== victim.pid;
}

function hasSigkill(status: string): boolean {
  const masks = [...status.matchAll(/^(?:SigPnd|ShdPnd):\t(?<mask>[0-9a-f]+)$/gm)];
  return masks.some(({ groups }) => (BigInt(`0x${groups?.['mask'] ?? '0'}`) & SIGKILL_BIT) !== 0n);
}
