import { AgeClock } from './age-clock.ts';
import { deliver } from './deliver.ts';
import { backOffMs, judgeFailure } from './judge-failure.ts';
import type { Outbox, OutboxRow } from './outbox.ts';
import { Pause } from './pause.ts';
import { type PostLog, type PostOutcome, PostReport } from './post-report.ts';
import { RowPicker } from './row-picker.ts';
import type { EventSink } from './sink.ts';
import { type PostClock, WaitList } from './wait-list.ts';

export interface PostEnv {
  readonly clock: PostClock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: PostLog;
  readonly tally: (outcome: PostOutcome) => void;
}

/** Enough to hide the API server's latency in a storm, few enough to be polite. */
const MAX_IN_FLIGHT = 4;

/**
 * Posts what is in the outbox, behind the store and never in its way. Rows of one object go one
 * after the other, in order, also while one of them waits to be tried again; other objects go on
 * meanwhile, four at a time. A row leaves the outbox when it was delivered or dropped, never before.
 *
 * An empty outbox costs nothing: no timer runs unless an object waits for its next try.
 */
export class EventPoster {
  readonly #outbox: Outbox;
  readonly #sink: EventSink;
  readonly #env: PostEnv;
  readonly #report: PostReport;
  readonly #ages: AgeClock;
  readonly #picker: RowPicker;
  /** How often the oldest row of an object has failed. */
  readonly #failures = new Map<string, number>();
  readonly #inFlight = new Set<Promise<void>>();
  /** Rows between two tries. */
  readonly #waiting: WaitList;
  /** While the outbox cannot be read. */
  readonly #outboxPause: Pause;
  #stopped = false;
  #woken = false;

  constructor(outbox: Outbox, sink: EventSink, env: PostEnv) {
    this.#outbox = outbox;
    this.#sink = sink;
    this.#env = env;
    this.#ages = new AgeClock(env.clock);
    this.#waiting = new WaitList(env.clock);
    this.#outboxPause = new Pause(this.#waiting);
    this.#report = new PostReport(env.log, env.tally);
    this.#picker = new RowPicker(outbox, (row) => this.#report.unreadable(row));
  }

  /** Says that there may be rows. Returns at once; they are looked for when the caller is done. */
  wake(): void {
    this.#ages.look();
    this.#picker.refresh();
    if (this.#woken || this.#stopped) return;
    this.#woken = true;
    queueMicrotask(() => {
      this.#woken = false;
      this.#fill();
    });
  }

  /**
   * Posts what can be posted at once, for `withinMs` at most; nothing is tried twice. Whatever is
   * not delivered then, in flight or not, stays in the outbox.
   */
  async drain(withinMs: number): Promise<void> {
    this.#waiting.close();
    this.#fill();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = this.#env.clock.after(withinMs, resolve);
    await Promise.race([late, this.#settled()]);
    cancel();
    this.#stopped = true;
  }

  async #settled(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
  }

  #fill(): void {
    while (!this.#stopped && this.#inFlight.size < MAX_IN_FLIGHT) {
      const row = this.#next();
      if (row === undefined) return;
      const attempt = this.#attempt(row).finally(() => {
        this.#inFlight.delete(attempt);
        this.#fill();
      });
      this.#inFlight.add(attempt);
    }
  }

  /** A store that cannot be read now is asked again later, whoever wakes this meanwhile. */
  #next(): OutboxRow | undefined {
    if (this.#outboxPause.isOn) return undefined;
    try {
      const row = this.#picker.take();
      this.#outboxPause.worked();
      return row;
    } catch (err) {
      const failures = this.#outboxPause.failed();
      const delayMs = backOffMs({ failures, random: this.#env.random() });
      this.#report.outboxFails(err, failures, delayMs);
      this.#outboxPause.begin(delayMs, () => this.#fill());
      return undefined;
    }
  }

  async #attempt(row: OutboxRow): Promise<void> {
    try {
      const outcome = await deliver(this.#sink, row);
      this.#remove(row);
      this.#report.delivered(row, outcome, this.#failures.size > 0);
    } catch (err) {
      this.#fail(row, err);
    }
  }

  #fail(row: OutboxRow, err: unknown): void {
    const { random } = this.#env;
    const failures = (this.#failures.get(row.objectKey) ?? 0) + 1;
    const ageMs = this.#ages.ageMs(row.enteredAtMs);
    const judgement = judgeFailure(err, { failures, ageMs, random: random() });
    if (judgement.outcome === 'retried') {
      this.#retry(row, err, failures, judgement.delayMs);
      return;
    }
    try {
      this.#remove(row);
      this.#report.dropped(row, err, judgement);
    } catch (broken) {
      this.#retry(row, broken, failures, backOffMs({ failures, random: random() }));
    }
  }

  /** Where the store fails to, the row is posted again: harmless, its Event has one name for ever. */
  #remove(row: OutboxRow): void {
    this.#outbox.delete(row.id);
    this.#picker.release(row.objectKey);
    this.#failures.delete(row.objectKey);
  }

  #retry(row: OutboxRow, err: unknown, failures: number, delayMs: number): void {
    this.#failures.set(row.objectKey, failures);
    this.#report.waits(row, err, failures, delayMs);
    this.#waiting.after(delayMs, () => {
      this.#picker.release(row.objectKey);
      this.#fill();
    });
  }
}
