import type { Clock } from '../clock.ts';
import { RecorderError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Drop, Retry } from './judge-failure.ts';
import type { Delivery } from './output-client.ts';

/** What came of one attempt; the label of a metric. `O` is how it got there. */
export type Outcome<O extends string> = O | Retry['outcome'] | Drop['outcome'];

/** What is around an output. */
export interface OutputEnv<O extends string> {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly tally: (outcome: O, count: number) => void;
}

/** What an output says in the log. The words are constant: people search for them. */
export interface OutputWords<D extends Delivery> {
  readonly delivered: string;
  /** The first failure of its kind. */
  readonly cannot: string;
  /** Each further one, for who debugs. */
  readonly waits: string;
  /** The end of all failures. */
  readonly again: string;
  /** The store cannot be asked for what waits. */
  readonly unreadable: string;
  readonly dropped: (drop: Drop) => string;
  readonly facts: (delivery: D) => object;
  /** Under this name stands how many were dropped one after the other; where absent each has its line. */
  readonly counted?: string;
}

interface FailedDelivery {
  /** In a row. */
  readonly failures: number;
  /** Until the next try. */
  readonly delayMs: number;
  readonly err: unknown;
}

interface DroppedRun extends Drop {
  readonly facts: object;
  readonly count: number;
}

/** Counts every attempt, logs every drop, and says what fails once for each reason instead of once per attempt. */
export class OutputReport<D extends Delivery, O extends string> {
  readonly #words: OutputWords<D>;
  readonly #log: Logger;
  readonly #tally: OutputEnv<Outcome<O>>['tally'];
  /** Codes of the failures of single deliveries that were said since all was well. */
  readonly #said = new Set<string>();
  /** Codes of those that kept everybody waiting, since anything was delivered. */
  readonly #saidOfServer = new Set<string>();
  /** What was dropped and is not said yet. */
  #dropped: DroppedRun | undefined;

  constructor(words: OutputWords<D>, { log, tally }: Pick<OutputEnv<Outcome<O>>, 'log' | 'tally'>) {
    this.#words = words;
    this.#log = log;
    this.#tally = tally;
  }

  delivered(delivery: D, outcome: O, othersFail: boolean): void {
    this.#tally(outcome, sizeOf(delivery));
    this.#log.debug({ ...this.#words.facts(delivery), outcome }, this.#words.delivered);
    const wasSaid = this.#said.size + this.#saidOfServer.size > 0;
    this.#saidOfServer.clear();
    if (!wasSaid || othersFail) return;
    this.#said.clear();
    this.#log.info({}, this.#words.again);
  }

  /** @param isForAll the server is away, and everybody waits; else others may pass */
  waits(delivery: D, failed: FailedDelivery, isForAll: boolean): void {
    this.sumUp();
    this.#tally('retried', sizeOf(delivery));
    const facts = { ...this.#words.facts(delivery), ...failed };
    const code = failed.err instanceof RecorderError ? failed.err.code : '';
    const said = isForAll ? this.#saidOfServer : this.#said;
    if (said.has(code)) this.#log.debug(facts, this.#words.waits);
    else this.#log.warn(facts, this.#words.cannot);
    said.add(code);
  }

  dropped(delivery: D, err: unknown, drop: Drop): void {
    this.#tally(drop.outcome, sizeOf(delivery));
    if (this.#dropped?.outcome !== drop.outcome) this.sumUp();
    const { facts = { ...this.#words.facts(delivery), outcome: drop.outcome, err }, count = 0 } =
      this.#dropped ?? {};
    this.#dropped = { ...drop, facts, count: count + sizeOf(delivery) };
    if (this.#words.counted === undefined) this.sumUp();
  }

  /** Says what was dropped, in one line with the reason of the first. */
  sumUp(): void {
    if (this.#dropped === undefined) return;
    const { facts, count, ...drop } = this.#dropped;
    this.#dropped = undefined;
    const { counted, dropped } = this.#words;
    const all = counted === undefined ? facts : { ...facts, [counted]: count };
    if (drop.quiet) this.#log.info(all, dropped(drop));
    else this.#log.error(all, dropped(drop));
  }

  unreadable(failed: FailedDelivery): void {
    this.#log.error(failed, this.#words.unreadable);
  }
}

function sizeOf({ size = 1 }: Delivery): number {
  return size;
}
