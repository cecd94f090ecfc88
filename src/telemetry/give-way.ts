import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.ts';

/** What is watched to see whether the agent has something to do. */
export interface OwnWork {
  readonly clock: Pick<Clock, 'after' | 'monotonicMs'>;
  /** How many records of the kernel's log were read. */
  readonly records: () => number;
}

/** Of the time, at most a quarter is the answer's. */
const PAUSE_PER_WORK = 3;
/** Who reads slowly makes the work seem long. */
const MAX_PAUSE_MS = 50;
/** Shorter than that no timer is. */
const MIN_PAUSE_MS = 1;
/** From a record to the Event of its kill it takes a few turns of the event loop, and a group's wait of 20 ms. */
const QUIET_MS = 50;
/** Where the log is never quiet, answers are slow and come all the same, within the ten seconds of their connection. */
const MAX_WAIT_MS = 3_000;

/**
 * Lets the agent's own work go first. To be called before each piece of a long answer: it pauses in
 * proportion to the piece before, and while records come it waits until none has for a while.
 */
export function giveWay({ clock, records }: OwnWork): () => Promise<void> {
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => void clock.after(ms, resolve));
  let sinceMs = clock.monotonicMs();
  let owedMs = 0;
  let seen = records();
  let waitedMs = 0;
  return async () => {
    owedMs += Math.min((clock.monotonicMs() - sinceMs) * PAUSE_PER_WORK, MAX_PAUSE_MS);
    if (owedMs < MIN_PAUSE_MS) await nextTurn();
    else await pause(owedMs).then(() => (owedMs = 0));
    for (; records() !== seen && waitedMs < MAX_WAIT_MS; waitedMs += QUIET_MS) {
      seen = records();
      await pause(QUIET_MS);
    }
    sinceMs = clock.monotonicMs();
  };
}
