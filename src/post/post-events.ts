import { type Clock, within } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { backOffMs, Pause, WaitList } from '../retry.ts';
import { AgeClock } from './age-clock.ts';
import { deliver } from './deliver.ts';
import { isRefused, isServerAway, judgeFailure } from './judge-failure.ts';
import type { Outbox, OutboxRow } from './outbox.ts';
import { type PostOutcome, PostReport } from './post-report.ts';
import { RowPicker } from './row-picker.ts';
import { ServerWatch } from './server-watch.ts';
import type { EventSink } from './sink.ts';

export interface PostEnv {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly tally: (outcome: PostOutcome) => void;
}

/**
 * Posts what is in the outbox, behind the store and never in its way. Rows of one object go one
 * after the other, in order, also while one of them waits to be tried again; other objects go on
 * meanwhile, four at a time. A row that is refused is set aside with what else is about its Event.
 * A row leaves the outbox when it was delivered or dropped, never before.
 * While the API server as a whole is away one row asks for all, another object's each time.
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
  /** How often a row has failed, by its id. */
  readonly #failures = new Map<number, number>();
  readonly #inFlight = new Set<Promise<void>>();
  /** Rows between two tries. */
  readonly #waiting: WaitList;
  /** While the outbox cannot be read. */
  readonly #outboxPause: Pause;
  readonly #server: ServerWatch;
  #stopped = false;
  #woken = false;

  constructor(outbox: Outbox, sink: EventSink, env: PostEnv) {
    this.#outbox = outbox;
    this.#sink = sink;
    this.#env = env;
    this.#ages = new AgeClock(env.clock);
    this.#waiting = new WaitList(env.clock);
    this.#outboxPause = new Pause(this.#waiting);
    this.#server = new ServerWatch(this.#waiting);
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
    await within(this.#env.clock, withinMs, this.#settled());
    this.#stopped = true;
  }

  async #settled(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
  }

  #fill(): void {
    while (!this.#stopped && this.#inFlight.size < this.#server.slots) {
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
      const row = this.#pick();
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

  /** Objects that asked for all in vain come again when the others have, or the server is back. */
  #pick(): OutboxRow | undefined {
    const row = this.#server.isAskedByAll ? undefined : this.#picker.take();
    if (row !== undefined || !this.#releaseAsked()) return row;
    return this.#picker.take();
  }

  #releaseAsked(): boolean {
    const asked = this.#server.takeAsked();
    for (const objectKey of asked) this.#picker.release(objectKey);
    return asked.length > 0;
  }

  async #attempt(row: OutboxRow): Promise<void> {
    const { answers } = this.#server;
    try {
      const outcome = await deliver(this.#sink, row);
      this.#answered();
      this.#remove(row);
      this.#report.delivered(row, outcome, this.#failures.size > 0);
    } catch (err) {
      const isAway = isServerAway(err);
      if (!isAway && !isRefused(err)) this.#answered();
      // Who was answered meanwhile shows that the server is there: the failure is this row's own.
      this.#fail(row, err, isAway && answers === this.#server.answers);
    }
  }

  #answered(): void {
    this.#server.answered();
    this.#releaseAsked();
  }

  /** What is cut off at the end stays in the outbox, and is no news. */
  #fail(row: OutboxRow, err: unknown, isForAll: boolean): void {
    if (this.#stopped) return;
    const { random } = this.#env;
    const failures = isForAll ? this.#server.failed() : (this.#failures.get(row.id) ?? 0) + 1;
    const ageMs = this.#ages.ageMs(row.enteredAtMs);
    const judgement = judgeFailure(err, { failures, ageMs, random: random() });
    if (judgement.outcome === 'retried') {
      if (isForAll) this.#waitForServer(row, err, failures, judgement.delayMs);
      else this.#retry(row, err, failures, judgement.delayMs);
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
    this.#failures.delete(row.id);
  }

  #waitForServer(row: OutboxRow, err: unknown, failures: number, delayMs: number): void {
    this.#report.serverAway(row, err, failures, delayMs);
    this.#server.leaveAlone(row.objectKey, delayMs, () => this.#fill());
  }

  #retry(row: OutboxRow, err: unknown, failures: number, delayMs: number): void {
    this.#failures.set(row.id, failures);
    this.#report.waits(row, err, failures, delayMs);
    const comeAgain = isRefused(err)
      ? this.#picker.setAside(row)
      : () => this.#picker.release(row.objectKey);
    this.#waiting.after(delayMs, () => {
      comeAgain();
      this.#fill();
    });
  }
}
