import { Subject, Subscription, type Observable, type SchedulerLike } from 'rxjs';
import type { Drained, KmsgRecord } from '../../src/kmsg/record.ts';

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
}

/** Monotonic clocks count from boot, wall clocks from 1970: whoever mixes them up is seen to. */
const WALL_MS = Date.UTC(2024, 0, 1);

/**
 * An event loop, its timers and a kernel ring, in virtual time: the ring fills as the records' own
 * timestamps say, whether or not the loop is there to read it. `stall` is the loop not turning.
 */
export class FakeLoop {
  readonly scheduler: SchedulerLike;
  /** Timers that have run. */
  fired = 0;
  readonly #items$ = new Subject<KmsgRecord | Drained>();
  readonly #timers = new Set<Timer>();
  readonly #ring: readonly KmsgRecord[];
  #read = 0;
  #nowMs: number;

  constructor(records: readonly KmsgRecord[]) {
    this.#ring = records;
    this.#nowMs = writtenMs(records[0]) ?? 0;
    this.scheduler = {
      now: () => WALL_MS + this.#nowMs,
      schedule: (work, delayMs, state) => {
        const timer = {
          dueMs: this.#nowMs + Math.max(1, delayMs ?? 0),
          run: () => Reflect.apply(work, undefined, [state]),
        };
        this.#timers.add(timer);
        return new Subscription(() => this.#timers.delete(timer));
      },
    };
  }

  /** What the reader emits: records, and `drained` whenever the ring has been read empty. */
  get items$(): Observable<KmsgRecord | Drained> {
    return this.#items$;
  }

  /** Timers that wait. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Reads what the ring holds now. */
  readonly drainNow = (): void => {
    for (let record = this.#next; isWritten(record, this.#nowMs); record = this.#next) {
      this.#read += 1;
      this.#items$.next(record);
    }
    this.#items$.next({ kind: 'drained', atMs: this.#nowMs });
  };

  /** Time passes and the loop does not turn; after it, what is due runs at once. */
  stall(ms: number): void {
    this.#nowMs += ms;
    for (const timer of this.#due()) this.#fire(timer);
  }

  /** Whatever comes next: a timer, or the record that wakes poll(2). False when nothing is left. */
  turn(): boolean {
    const timer = [...this.#timers].toSorted((a, b) => a.dueMs - b.dueMs)[0];
    const recordMs = writtenMs(this.#next) ?? Infinity;
    if (timer === undefined && recordMs === Infinity) return false;
    this.#nowMs = Math.max(this.#nowMs, Math.min(timer?.dueMs ?? Infinity, recordMs));
    if (timer !== undefined && timer.dueMs <= this.#nowMs) this.#fire(timer);
    else this.drainNow();
    return true;
  }

  /** Reads everything, one record a turn at most as fast as it was written, then the log ends. */
  finish(): void {
    while (this.turn());
    this.#items$.complete();
  }

  get #next(): KmsgRecord | undefined {
    return this.#ring[this.#read];
  }

  #due(): readonly Timer[] {
    return [...this.#timers].filter(({ dueMs }) => dueMs <= this.#nowMs);
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.fired += 1;
    timer.run();
  }
}

function writtenMs(record: KmsgRecord | undefined): number | undefined {
  return record === undefined ? undefined : record.monotonicUs / 1000;
}

function isWritten(record: KmsgRecord | undefined, nowMs: number): record is KmsgRecord {
  return record !== undefined && record.monotonicUs / 1000 <= nowMs;
}
