import { within } from '../clock.ts';
import { backOffMs, Pause, WaitList } from '../retry.ts';
import { AgeClock } from './age-clock.ts';
import { type Drop, judgeFailure } from './judge-failure.ts';
import type { Delivery, DeliveryQueue, Failure, OutputClient } from './output-client.ts';
import { type Outcome, type OutputEnv, OutputReport, type OutputWords } from './output-report.ts';
import { ServerWatch } from './server-watch.ts';

export interface OutputParts<D extends Delivery, O extends string> {
  readonly queue: DeliveryQueue<D>;
  readonly client: OutputClient<D, O>;
  readonly words: OutputWords<D>;
  /** A day where absent. */
  readonly giveUpAfterMs?: number | undefined;
}

/** The store failed after a delivery: it is made again, which is harmless. */
const STORE_FAILS: Failure = { means: 'busy' };

/**
 * Takes what waits in the store to where it goes, behind the store and never in its way. What belongs
 * in order goes in order, also while it waits to be tried again; the rest goes on meanwhile, four
 * at a time. What is denied is set aside. Nothing leaves the store before it was delivered or dropped.
 * While the server as a whole is away one asks for all, another one each time.
 *
 * An empty queue costs nothing: no timer runs unless something waits for its next try.
 */
export class Output<D extends Delivery, O extends string> {
  readonly #parts: OutputParts<D, O>;
  readonly #env: OutputEnv<Outcome<O>>;
  readonly #report: OutputReport<D, O>;
  readonly #ages: AgeClock;
  /** How often a delivery has failed, by its id. */
  readonly #failures = new Map<number, number>();
  readonly #inFlight = new Set<Promise<void>>();
  /** Between two tries. */
  readonly #waiting: WaitList;
  /** While the store cannot be read. */
  readonly #storePause: Pause;
  readonly #server: ServerWatch<D>;
  #stopped = false;
  #woken = false;

  constructor(parts: OutputParts<D, O>, env: OutputEnv<Outcome<O>>) {
    this.#parts = parts;
    this.#env = env;
    this.#ages = new AgeClock(env.clock);
    this.#waiting = new WaitList(env.clock);
    this.#storePause = new Pause(this.#waiting);
    this.#server = new ServerWatch(this.#waiting);
    this.#report = new OutputReport(parts.words, env);
  }

  /** Says that more may wait. Returns at once; it is looked for when the caller is done. */
  wake(): void {
    this.#ages.look();
    this.#parts.queue.refresh();
    if (this.#woken || this.#stopped) return;
    this.#woken = true;
    queueMicrotask(() => {
      this.#woken = false;
      this.#fill();
    });
  }

  /**
   * Delivers what can be delivered at once, for `withinMs` at most; nothing is tried twice. Whatever
   * is not delivered then, in flight or not, stays in the store.
   */
  async drain(withinMs: number): Promise<void> {
    this.#waiting.close();
    this.#fill();
    await within(this.#env.clock, withinMs, this.#settled());
    this.#stopped = true;
    this.#report.sumUp();
  }

  async #settled(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
  }

  #fill(): void {
    while (!this.#stopped && this.#inFlight.size < this.#server.slots) {
      const delivery = this.#next();
      if (delivery === undefined) {
        if (this.#inFlight.size === 0) this.#report.sumUp();
        return;
      }
      const attempt = this.#attempt(delivery).finally(() => {
        this.#inFlight.delete(attempt);
        this.#fill();
      });
      this.#inFlight.add(attempt);
    }
  }

  /** A store that cannot be read now is asked again later, whoever wakes this meanwhile. */
  #next(): D | undefined {
    if (this.#storePause.isOn) return undefined;
    try {
      const delivery = this.#pick();
      this.#storePause.worked();
      return delivery;
    } catch (err) {
      const failures = this.#storePause.failed();
      const delayMs = backOffMs({ failures, random: this.#env.random() });
      this.#report.unreadable({ failures, delayMs, err });
      this.#storePause.begin(delayMs, () => this.#fill());
      return undefined;
    }
  }

  /** Those that asked for all in vain come again when the others have, or the server is back. */
  #pick(): D | undefined {
    const { queue } = this.#parts;
    const delivery = this.#server.isAskedByAll ? undefined : queue.take();
    if (delivery !== undefined || !this.#releaseAsked()) return delivery;
    return queue.take();
  }

  #releaseAsked(): boolean {
    const asked = this.#server.takeAsked();
    for (const delivery of asked) this.#parts.queue.release(delivery);
    return asked.length > 0;
  }

  async #attempt(delivery: D): Promise<void> {
    const { client } = this.#parts;
    const { answers } = this.#server;
    let outcome: O;
    try {
      outcome = await client.deliver(delivery);
    } catch (err) {
      const failure = client.classify(err);
      const isAway = failure.means === 'away';
      if (!isAway && failure.means !== 'denied') this.#answered();
      // Who was answered meanwhile shows that the server is there: the failure is this one's own.
      this.#fail(delivery, err, failure, isAway && answers === this.#server.answers);
      return;
    }
    this.#answered();
    try {
      this.#remove(delivery, true);
      this.#report.delivered(delivery, outcome, this.#failures.size > 0);
    } catch (err) {
      this.#fail(delivery, err, STORE_FAILS, false);
    }
  }

  #answered(): void {
    this.#server.answered();
    this.#releaseAsked();
  }

  /** What is cut off at the end stays in the store, and is no news. */
  #fail(delivery: D, err: unknown, failure: Failure, isForAll: boolean): void {
    if (this.#stopped) return;
    const { giveUpAfterMs } = this.#parts;
    const failures = isForAll ? this.#server.failed() : (this.#failures.get(delivery.id) ?? 0) + 1;
    const ageMs = this.#ages.ageMs(delivery.enteredAtMs);
    const attempt = { failures, ageMs, giveUpAfterMs, random: this.#env.random() };
    const judgement = judgeFailure(failure, attempt);
    if (judgement.outcome !== 'retried') {
      if (!this.#parts.queue.split(delivery)) this.#drop(delivery, err, judgement, failures);
      return;
    }
    const { delayMs } = judgement;
    this.#report.waits(delivery, { failures, delayMs, err }, isForAll);
    if (isForAll) this.#server.leaveAlone(delivery, delayMs, () => this.#fill());
    else this.#retry(delivery, failure, failures, delayMs);
  }

  #drop(delivery: D, err: unknown, drop: Drop, failures: number): void {
    try {
      this.#remove(delivery, false);
      this.#report.dropped(delivery, err, drop);
    } catch (broken) {
      const delayMs = backOffMs({ failures, random: this.#env.random() });
      this.#report.waits(delivery, { failures, delayMs, err: broken }, false);
      this.#retry(delivery, STORE_FAILS, failures, delayMs);
    }
  }

  #remove(delivery: D, isDelivered: boolean): void {
    this.#parts.queue.remove(delivery, isDelivered);
    this.#failures.delete(delivery.id);
  }

  #retry(delivery: D, { means }: Failure, failures: number, delayMs: number): void {
    const { queue } = this.#parts;
    this.#failures.set(delivery.id, failures);
    const comeAgain = means === 'denied' ? queue.setAside(delivery) : () => queue.release(delivery);
    this.#waiting.after(delayMs, () => {
      comeAgain();
      this.#fill();
    });
  }
}
