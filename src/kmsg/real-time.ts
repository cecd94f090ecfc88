import koffi from 'koffi';

/** include/uapi/linux/sched.h */
const SCHED_OTHER = 0;
const SCHED_RR = 2;
/** Threads that are started meanwhile run as usual. */
const SCHED_RESET_ON_FORK = 0x4000_0000;

/** The lowest there is, sched(7): before every usual thread, behind every other real-time one. */
const LOWEST_PRIORITY = 1;

/**
 * Makes a function that does work ahead of everybody who runs as usual: this thread is SCHED_RR meanwhile.
 *
 * Who eats a node's memory often eats its CPUs as well, and among those a container has the share that
 * it requested: the reader of a storm came to the victims when nothing was left of them. Meant for
 * work that is short and bounded. Where the kernel refuses it (without CAP_SYS_NICE, or in a group
 * without real-time budget) the work is done as usual, and so it is where somebody chose another
 * scheduling for the process.
 *
 * @see sched(7), pthread_setschedparam(3)
 */
export function realTime(): <T>(work: () => T) => T {
  const thread = bindThread();
  let isAllowed = thread?.policy() === SCHED_OTHER;
  return (work) => {
    if (thread === undefined || !isAllowed) return work();
    isAllowed = thread.schedule(SCHED_RR | SCHED_RESET_ON_FORK, LOWEST_PRIORITY);
    try {
      return work();
    } finally {
      if (isAllowed) thread.schedule(SCHED_OTHER, 0);
    }
  };
}

/** node is linked to them, so the process itself has the symbols; a static one may not, and does nothing ahead. */
function bindThread() {
  try {
    const libc = koffi.load(null);
    const self = libc.func('pthread_self', 'ulong', []);
    const getParam = libc.func('pthread_getschedparam', 'int', ['ulong', 'void *', 'void *']);
    const setParam = libc.func('pthread_setschedparam', 'int', ['ulong', 'int', 'void *']);
    return {
      policy: (): number | undefined => {
        const [policy, priority] = [new Int32Array(1), new Int32Array(1)];
        return getParam(self(), policy, priority) === 0 ? policy[0] : undefined;
      },
      schedule: (policy: number, priority: number): boolean =>
        setParam(self(), policy, Int32Array.of(priority)) === 0,
    };
  } catch {
    return undefined;
  }
}
