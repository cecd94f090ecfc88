import type { EvidenceSource, KilledProcess } from './episode.ts';
import type { Marks } from './join-marks.ts';

/** Marks, as they were read. */
export interface ReadMarks extends Marks {
  readonly kind: 'marks';
}

/** A process that the kernel marked as a victim, and what was found out the moment that was read. */
export interface SeenMark {
  /** µs since boot, and never that of another: what an episode is known by. */
  readonly sequence: number;
  /** CLOCK_MONOTONIC, µs. */
  readonly monotonicUs: number;
  /** Wall clock, ms since the epoch. */
  readonly atMs: number;
  /** Its name is empty where neither the tracepoint nor the process told it. */
  readonly victim: KilledProcess;
  /** Its memory cgroup, where it was still to be seen, and by what. */
  readonly cgroup?: string | undefined;
  readonly source?: EvidenceSource | undefined;
  /** The cgroup of the container whose main process had its pid; see `KillEvidence`. */
  readonly likely?: string | undefined;
}

/** What a process that is marked tells of itself, for as long as it is there. */
export type FoundProcess = Pick<SeenMark, 'cgroup' | 'source' | 'likely'> & {
  readonly comm?: string | undefined;
};

/** Where somebody looks who reads of a mark. */
export interface VictimFinder {
  /**
   * @param comm its name, where the tracepoint tells it
   * @param markedMs when, by the monotonic clock; who has the pid and started later is another
   */
  find(pid: number, comm: string | undefined, markedMs: number): FoundProcess;
}
