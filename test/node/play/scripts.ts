/** Doubles a string until the kernel says no. */
export const EAT = 'x=a; while :; do x=$x$x; done';

/** Blocks in open(2) until somebody opens the gate for writing: everybody behind it goes on at once. */
export const waitAt = (gate = 'go'): string => `read -r _ <"/gates/${gate}"`;

/** The main process is the one that dies. */
export const eatAt = (gate?: string): string => `${waitAt(gate)}; ${EAT}`;

/** Dies the first so many times, and lives then: a container that restarts remembers it in the pod's volume. */
export const eatTimes = (times: number): string =>
  `touch /work/runs; [ $(wc -l </work/runs) -lt ${times} ] || exec sleep 3600; echo >>/work/runs; ${EAT}`;

/** A main process, a child that dies, and others that only live: so many in all. */
export function groupAt(processes: number, gate?: string): string {
  const idle = 'sleep 3600 & '.repeat(processes - 2);
  return `(${eatAt(gate)}) & ${idle}wait $!; sleep 3600`;
}

/** Two processes that do nothing: one of them holds so much memory, as a reader that nobody reads from. */
export const hold = (size: string): string => `dd if=/dev/zero bs=${size} count=1 | sleep 3600`;
