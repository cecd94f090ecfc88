import koffi from 'koffi';

/** include/uapi/linux/sched.h */
const SCHED_OTHER = 0;
const SCHED_RR = 2;
/** Threads that are started meanwhile run as usual. */
const SCHED_RESET_ON_FORK = 0x4000_0000;

/** The lowest there is, sched(7): before every usual thread, behind every other real-time one. */
const LOWEST_PRIORITY = 1;

interface Threads {
  readonly self: () => number | bigint;
  readonly getSchedParam: (
    self: number | bigint,
    policy: Int32Array,
    priority: Int32Array,
  ) => number;
  readonly setSchedParam: (self: number | bigint, policy: number, priority: Int32Array) => number;
}

/**
 * Does work ahead of everybody who runs as usual: this thread is SCHED_RR meanwhile.
 *
 * Who eats a node's memory often eats its CPUs as well, and among those a container has the share that
 * it requested: the reader of a storm came to the victims when nothing was left of them. Meant for
 * work that is short and bounded. Where the kernel refuses it (without CAP_SYS_NICE, or in a group
 * without real-time budget) the work is done as usual, and so it is where somebody chose another
 * scheduling for the process.
 *
 * @see sched(7), pthread_setschedparam(3)
 */
export class RealTime {
  readonly #threads = bindThreads();
  #isAllowed: boolean;

  constructor() {
    this.#isAllowed = this.#policy() === SCHED_OTHER;
  }

  run<T>(work: () => T): T {
    if (!this.#isAllowed) return work();
    this.#isAllowed = this.#schedule(SCHED_RR | SCHED_RESET_ON_FORK, LOWEST_PRIORITY);
    try {
      return work();
    } finally {
      if (this.#isAllowed) this.#schedule(SCHED_OTHER, 0);
    }
  }

  #policy(): number | undefined {
    if (this.#threads === undefined) return undefined;
    const [policy, priority] = [new Int32Array(1), new Int32Array(1)];
    const { self, getSchedParam } = this.#threads;
    return getSchedParam(self(), policy, priority) === 0 ? policy[0] : undefined;
  }

  #schedule(policy: number, priority: number): boolean {
    const { self, setSchedParam } = this.#threads ?? {};
    return self !== undefined && setSchedParam?.(self(), policy, Int32Array.of(priority)) === 0;
  }
}

/** node is linked to them, so the process itself has the symbols; a static one may not, and does nothing ahead. */
function bindThreads(): Threads | undefined {
  try {
    const handle = koffi.load(null);
    return {
      self: handle.func('pthread_self', 'ulong', []),
      getSchedParam: handle.func('pthread_getschedparam', 'int', ['ulong', 'void *', 'void *']),
      setSchedParam: handle.func('pthread_setschedparam', 'int', ['ulong', 'int', 'void *']),
    };
  } catch {
    return undefined;
  }
}
