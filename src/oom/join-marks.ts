import type { Drained } from '../kmsg/record.ts';
import type { KilledProcess } from './episode.ts';
import type { RecognizedRecord } from './join-fragments.ts';

/** A process as the tracepoint `oom:mark_victim` tells it: before 6.9 its pid alone, and when. */
export type MarkedVictim = Pick<KilledProcess, 'pid'> &
  Partial<KilledProcess> & {
    /** By the instance's own clock, µs; of the agent's own it is CLOCK_MONOTONIC. */
    readonly markedUs?: number | undefined;
  };

/** Victims in the order in which they were marked, and how many marks were overwritten before them. */
export interface Marks {
  readonly victims: readonly MarkedVictim[];
  readonly lost: number;
}

/** The tracepoint, as far as the join needs it. */
export interface MarkSource {
  /** Whoever was marked since it was asked last; never waits. */
  read(): Marks;
}

/** What became of the marks. */
export interface MarkTally {
  /** Their kill line was read. */
  marksJoined: number;
  /** The log has no kill line, and the kernel counted as many kills that it does not show. */
  marksAlone: number;
  /** Where there is no log beside them: the kernel counted their kill. */
  marksCounted: number;
  /** The kernel counted no such kill: the task was exiting by itself. */
  marksNoKill: number;
  /** Overwritten before they were read, or too many to be kept. */
  marksLost: number;
}

/** They wait for an Event, which comes every ten minutes at most; or in vain, where the kernel counts nothing. */
const MAX_KEPT = 1000;

/**
 * Holds the tracepoint's victims against the log's kill lines: whom the log lost is left over.
 *
 * `__oom_kill_process()` counts a kill, marks its victim, then prints the line, one kill at a time under
 * `oom_lock`. So whoever a line names is marked already when it can be read, and lines and marks come in
 * one order; the first mark of a line's pid that has no line yet is its own. A group's first victim has a
 * second line and no second mark; a task that exits by itself is marked and has neither line nor
 * count. What a mark without a line is, the audit says, by the kernel's counter.
 */
export class MarkJoin {
  readonly #source: MarkSource;
  readonly #tally: MarkTally;
  /** Marked, and no line was read. */
  #open: readonly MarkedVictim[] = [];
  #lost: readonly MarkedVictim[] = [];

  constructor(source: MarkSource, tally: MarkTally) {
    this.#source = source;
    this.#tally = tally;
  }

  /** Told of every record, in the order of the log. */
  follow(item: RecognizedRecord | Drained): void {
    if (item.kind !== 'record' || item.line?.kind !== 'kill') return;
    const { pid } = item.line.process;
    if (this.#join(pid)) return;
    this.look();
    this.#join(pid);
  }

  /** Reads the marks there are: before the kernel's counter is read, so that each of their kills is in it. */
  look(): void {
    const { victims, lost } = this.#source.read();
    const all = [...this.#open, ...victims];
    this.#open = all.slice(-MAX_KEPT);
    this.#tally.marksLost += lost + all.length - this.#open.length;
  }

  /** The kernel counted as many kills as there were lines: who is left was not killed. */
  settle(): void {
    this.#tally.marksNoKill += this.#open.length;
    this.#open = [];
  }

  /**
   * The kernel counted so many kills without a line: who is left are their victims. Where they are more than
   * the kills, some were exiting; where they are fewer, the others are second lines of groups.
   *
   * @param isLost their lines went with lost records
   */
  nameMissing(kills: number, isLost: boolean): readonly MarkedVictim[] {
    const victims = this.#open;
    this.#tally.marksAlone += Math.min(kills, victims.length);
    this.#tally.marksNoKill += Math.max(0, victims.length - kills);
    this.#open = [];
    if (isLost) this.#lost = [...this.#lost, ...victims].slice(-MAX_KEPT);
    return victims;
  }

  /** Takes whose kill lines went with lost records. */
  takeLost(): readonly MarkedVictim[] {
    const lost = this.#lost;
    this.#lost = [];
    return lost;
  }

  #join(pid: number): boolean {
    const at = this.#open.findIndex((victim) => victim.pid === pid);
    if (at === -1) return false;
    this.#open = this.#open.toSpliced(at, 1);
    this.#tally.marksJoined += 1;
    return true;
  }
}
