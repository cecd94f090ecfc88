import { parseCgroupPath } from '../oom/cgroup-path.ts';
import type { OomEpisode } from '../oom/episode.ts';
import { isUnder } from '../oom/memcg-paths.ts';
import type { CgroupTree } from './cgroup-tree.ts';
import { type ProcFiles, statFields } from './proc-files.ts';

/** What was found out of a container's main process; `not-yet` while the victim is still there. */
export type MainProcessState = 'survived' | 'unknown' | 'not-yet';

/** SIGKILL's bit in the masks of `/proc/<pid>/status`. */
const SIGKILL_BIT = 1n << 8n;

/** A process, as `/proc/<pid>/stat` and `status` have it. */
interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** Clock ticks since boot. */
  readonly startedAt: number;
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
    const cgroup = episode.taskMemcg ?? episode.evidence?.cgroup;
    const pod = cgroup === undefined ? undefined : parseCgroupPath(cgroup);
    if (cgroup === undefined || pod?.containerId === undefined) return 'unknown';
    if (episode.noGroup !== true || episode.killLines !== 1) return 'unknown';
    const { pid } = episode.victim;
    const main = this.#find(containerOf(cgroup, pod.podPath), pod.podPath, pid);
    if (main === undefined) return 'unknown';
    return (this.#read(pid)?.isDead ?? true) ? 'survived' : 'not-yet';
  }

  /**
   * In a pid namespace of its own a container's main process is number 1. Else it is the one that
   * started first, by the runtime, which is no process of the pod. An orphan that was given another
   * parent is not taken for it: it is younger than the victim, or of the victim's session.
   */
  #find(container: string, podPath: string, victim: number): Process | undefined {
    const cgroups = [container, ...this.#tree.within(container)];
    const others = cgroups
      .flatMap((cgroup) => this.#tree.pids(cgroup))
      .filter((pid) => pid !== victim)
      .map((pid) => this.#read(pid))
      .filter((process) => process !== undefined)
      .filter(({ parent }) => !this.#isIn(parent, podPath));
    const init = others.find(({ isInit }) => isInit);
    const first = others.toSorted((a, b) => a.startedAt - b.startedAt || a.pid - b.pid)[0];
    const main = init ?? (first !== undefined && isOlder(first, victim) ? first : undefined);
    return main === undefined || main.isDead || main.isDying ? undefined : main;
  }

  #isIn(pid: number, podPath: string): boolean {
    const cgroup = this.#proc.cgroupOf(pid);
    return cgroup === undefined || isUnder(cgroup, podPath);
  }

  /** @see proc_pid_stat(5), proc_pid_status(5) */
  #read(pid: number): Process | undefined {
    const fields = statFields(this.#proc.text(`${pid}/stat`));
    const status = this.#proc.text(`${pid}/status`);
    if (fields === undefined || status === undefined) return undefined;
    const numbers = /^NSpid:\t(?<pids>.*)$/m.exec(status)?.groups?.['pids']?.split('\t') ?? [];
    return {
      pid,
      parent: Number(fields[4 - 3]),
      session: Number(fields[6 - 3]),
      startedAt: Number(fields[22 - 3]),
      isDead: /^[ZXx]$/.test(fields[0] ?? ''),
      isDying: hasSigkill(status),
      isInit: numbers.length > 1 && numbers.at(-1) === '1',
    };
  }
}

function isOlder({ pid, session }: Process, victim: number): boolean {
  return pid < victim && session !== victim;
}

/** The container's own cgroup, of one that may be below it. */
function containerOf(cgroup: string, podPath: string): string {
  const [, name] = cgroup.slice(podPath.length).split('/');
  return name === undefined ? podPath : `${podPath}/${name}`;
}

function hasSigkill(status: string): boolean {
  const masks = [...status.matchAll(/^(?:SigPnd|ShdPnd):\t(?<mask>[0-9a-f]+)$/gm)];
  return masks.some(({ groups }) => (BigInt(`0x${groups?.['mask'] ?? '0'}`) & SIGKILL_BIT) !== 0n);
}
