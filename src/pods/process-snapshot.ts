import type { CgroupTree } from './cgroup-tree.ts';
import { type PidOwner, type ProcFiles, startedByMs } from './proc-files.ts';

/** A process that starts in a storm is known from the next look on. */
const LOOK_EVERY_MS = 100;
/** The log is not read during a look: what took so long is done no more than a tenth of the time. */
const REST_PER_LOOK = 10;
/**
 * A process not seen for longer may have been followed by another with its pid: the kernel gives all
 * 32,768 (PID_MAX_DEFAULT, include/linux/threads.h) before it gives one again, in this time 3,300 a second.
 */
const MAX_UNSEEN_MS = 10_000;

/** A process under this name in this cgroup; by the monotonic clock, ms. */
interface SeenProcess {
  readonly comm: string;
  readonly cgroup: string;
  /** It had started by then: by its own start time, else by the end of the last look. */
  readonly sinceMs: number;
  /** When the last was. */
  readonly lastMs: number;
}

/**
 * Which process is in which container, from repeated looks. A look adds to those before it: who died
 * in between is known until long after, for the lines about it may still be unread.
 */
export class ProcessSnapshot {
  readonly #tree: Pick<CgroupTree, 'pods' | 'within' | 'pids'>;
  readonly #proc: Pick<ProcFiles, 'owner' | 'bootMs'>;
  readonly #monotonicMs: () => number;
  #seen: ReadonlyMap<number, SeenProcess> = new Map();
  #nextLookMs = -Infinity;

  constructor(
    tree: Pick<CgroupTree, 'pods' | 'within' | 'pids'>,
    proc: Pick<ProcFiles, 'owner' | 'bootMs'>,
    monotonicMs: () => number,
  ) {
    this.#tree = tree;
    this.#proc = proc;
    this.#monotonicMs = monotonicMs;
  }

  /** Looks, unless it is too soon after the last time. */
  take(): void {
    const beganMs = this.#monotonicMs();
    if (beganMs < this.#nextLookMs) return;
    const found = [...this.#look()];
    const nowMs = this.#monotonicMs();
    const kept = [...this.#seen].filter(([, { lastMs }]) => nowMs - lastMs <= MAX_UNSEEN_MS);
    const bootMs = this.#proc.bootMs(this.#monotonicMs);
    const seen = found.map(([pid, { comm, startedMs }, cgroup]) => {
      const sinceMs = Math.min(nowMs, startedByMs(startedMs, bootMs));
      return [pid, { comm, cgroup, sinceMs, lastMs: nowMs }] as const;
    });
    this.#seen = new Map([...kept, ...seen]);
    this.#nextLookMs = nowMs + Math.max(LOOK_EVERY_MS, (nowMs - beganMs) * REST_PER_LOOK);
  }

  drop(): void {
    this.#seen = new Map();
  }

  /**
   * Where the process was that was killed. When its kill is read does not matter, nor whether the look
   * was before it: who had started before it, and was seen after it or not long before, had the pid.
   *
   * @param earliestMs the kill was certainly not before this
   */
  cgroupOf(pid: number, comm: string, earliestMs: number | undefined): string | undefined {
    const seen = this.#seen.get(pid);
    if (seen?.comm !== comm || earliestMs === undefined) return undefined;
    const isIt = seen.sinceMs <= earliestMs && earliestMs - seen.lastMs <= MAX_UNSEEN_MS;
    return isIt ? seen.cgroup : undefined;
  }

  *#look(): Iterable<readonly [pid: number, owner: PidOwner, cgroup: string]> {
    for (const cgroup of this.#tree.pods().flatMap((pod) => this.#tree.within(pod))) {
      for (const pid of this.#tree.pids(cgroup)) {
        const owner = this.#proc.owner(pid);
        if (owner !== undefined) yield [pid, owner, cgroup];
      }
    }
  }
}
