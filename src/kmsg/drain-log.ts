import { Observable, type Subscriber } from 'rxjs';
import type { Time } from '../clock.ts';
import { READ_BUFFER_BYTES, readOnce, type KmsgFile, type ReadOutcome } from './kmsg-file.ts';
import type { ReadGate } from './read-gate.ts';
import type { DeviceRead, Drained, RawRecord } from './record.ts';

/** The kernel log as it grows; the tracepoint is read in the same way. */
export interface KmsgDevice<T = DeviceRead> {
  /** Records and the moments when there are no more. Each subscription opens the log for itself. */
  readonly reads$: Observable<T>;
  /**
   * Reads, before it returns, what the log holds now, and emits `drained` behind it: for a caller
   * about to believe a clock. Does nothing while the gate is closed, without a subscriber, and
   * within an emission (that drain reads on, or has just said `drained`). If a writer outruns it, it gives up
   * without `drained`, which then follows later as usual.
   */
  drainNow(): void;
  /**
   * Lets the wait for more come back with nothing, and a read follow it: for somebody who wants to see
   * that the reader turns over. Does nothing while it does not wait.
   */
  nudge(): void;
}

export interface DrainOptions {
  readonly open: () => KmsgFile;
  readonly gate: ReadGate;
  readonly clock: Time;
  /** Runs a turn of reading ahead of other processes' work, where that can be; see `realTime`. */
  readonly runAhead?: (work: () => number) => number;
}

/** Reads before other work gets its turn: 1.5 ms of reading. A 16 MiB ring can hold 200,000 records. */
const READS_PER_TURN = 256;

/** Reads in one `drainNow`: eight default rings (128 KiB, 2,000 records), then the writer is a flood. */
const READS_PER_DRAIN_NOW = 16_384;

/**
 * Drains the log until it says EAGAIN, emits `drained`, waits in poll(2), and so on. The gate is
 * asked before every read and every wait; closed, nothing is read until it opens.
 *
 * A record is `live` when the log had been drained before it came. The backlog at the start is not,
 * nor what piled up behind a closed gate, nor what is left of a ring that overran.
 */
export function drainLog(options: DrainOptions): KmsgDevice<RawRecord | Drained> {
  const drains = new Set<LogDrain>();
  return {
    reads$: new Observable((subscriber) => {
      const drain = new LogDrain(options, subscriber);
      drains.add(drain);
      subscriber.add(() => drains.delete(drain));
      drain.start();
    }),
    drainNow: () => drains.forEach((drain) => drain.run(READS_PER_DRAIN_NOW, runAsUsual)),
    nudge: () => drains.forEach((drain) => drain.nudge()),
  };
}

/** One subscription's reader. */
class LogDrain {
  readonly #options: DrainOptions;
  readonly #file: KmsgFile;
  readonly #subscriber: Subscriber<RawRecord | Drained>;
  readonly #buffer = Buffer.alloc(READ_BUFFER_BYTES);
  /** Its beginnings, by their length: to make one takes as long as to read what is in it. */
  readonly #views: Buffer[] = [];
  #caughtUp = false;
  #running = false;
  #waiting = false;
  #nextTurn: NodeJS.Immediate | undefined;

  constructor(options: DrainOptions, subscriber: Subscriber<RawRecord | Drained>) {
    this.#options = options;
    this.#subscriber = subscriber;
    this.#file = options.open();
    subscriber.add(() => this.#close());
  }

  start(): void {
    const opened = this.#options.gate.opened$.subscribe(() => {
      this.#caughtUp = false;
      this.run(READS_PER_TURN);
    });
    this.#subscriber.add(opened);
    this.run(READS_PER_TURN);
  }

  nudge(): void {
    if (this.#waiting) this.#file.nudge();
  }

  /** Re-entrant calls return at once: the running drain reads on anyway. */
  run(maxReads: number, runAhead = this.#options.runAhead ?? runAsUsual): void {
    if (this.#running) return;
    clearImmediate(this.#nextTurn);
    this.#running = true;
    const left = runAhead(() => this.#drain(maxReads));
    this.#running = false;
    if (!this.#mayRead()) return;
    if (left === 0) this.#nextTurn = setImmediate(() => this.run(READS_PER_TURN));
    else this.#wait();
  }

  /** Returns how many of the reads it had no need of: none are left when there is more to read. */
  #drain(maxReads: number): number {
    let left = maxReads;
    while (left > 0 && this.#mayRead()) {
      if (this.#step() === 'drained') return left;
      left -= 1;
    }
    return left;
  }

  #mayRead(): boolean {
    return !this.#subscriber.closed && this.#options.gate.isOpen;
  }

  #step(): ReadOutcome['is'] {
    const beforeMs = this.#options.clock.monotonicMs();
    const outcome = readOnce(this.#file, this.#buffer);
    switch (outcome.is) {
      case 'record':
        this.#emit(outcome.length);
        break;
      case 'drained':
        this.#caughtUp = true;
        this.#subscriber.next({ kind: 'drained', atMs: beforeMs });
        break;
      case 'overrun':
        this.#caughtUp = false;
        break;
      case 'failed':
        this.#subscriber.error(outcome.error);
        break;
      case 'nothing':
        break;
    }
    return outcome.is;
  }

  #emit(length: number): void {
    const bytes = (this.#views[length] ??= this.#buffer.subarray(0, length));
    const readAtMs = this.#options.clock.wallMs();
    this.#subscriber.next({ kind: 'raw', bytes, readAtMs, live: this.#caughtUp });
  }

  #wait(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#file.wait((error) => {
      this.#waiting = false;
      if (error === undefined) this.run(READS_PER_TURN);
      else this.#subscriber.error(error);
    });
  }

  #close(): void {
    clearImmediate(this.#nextTurn);
    this.#file.close();
  }
}

function runAsUsual(work: () => number): number {
  return work();
}
