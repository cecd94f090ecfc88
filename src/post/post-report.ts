import { RecorderError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Delivered } from './deliver.ts';
import type { Drop, Retry } from './judge-failure.ts';
import type { OutboxRow, UnreadableRow } from './outbox.ts';

/** What came of one attempt, or of a row that could not be tried; the label of the metric. */
export type PostOutcome = Delivered | Drop['outcome'] | Retry['outcome'] | UnreadableRow['verb'];

/** Counts every attempt, logs every drop, and says what fails once for each reason instead of once per attempt. */
export class PostReport {
  readonly #log: Logger;
  readonly #tally: (outcome: PostOutcome) => void;
  /** Codes of the failures of single rows that were said since all was well. */
  readonly #said = new Set<string>();
  /** Codes of those that kept everybody waiting, since anything was posted. */
  readonly #saidOfServer = new Set<string>();

  constructor(log: Logger, tally: (outcome: PostOutcome) => void) {
    this.#log = log;
    this.#tally = tally;
  }

  delivered(row: OutboxRow, outcome: Delivered, othersFail: boolean): void {
    this.#tally(outcome);
    this.#log.debug({ ...describe(row), outcome }, 'event posted');
    const wasSaid = this.#said.size + this.#saidOfServer.size > 0;
    this.#saidOfServer.clear();
    if (!wasSaid || othersFail) return;
    this.#said.clear();
    this.#log.info({}, 'posting events again');
  }

  /** The API server is away: everybody waits. */
  serverAway(row: OutboxRow, err: unknown, failures: number, delayMs: number): void {
    this.#waits(this.#saidOfServer, row, err, failures, delayMs);
  }

  /** This row waits, others may pass. */
  waits(row: OutboxRow, err: unknown, failures: number, delayMs: number): void {
    this.#waits(this.#said, row, err, failures, delayMs);
  }

  #waits(said: Set<string>, row: OutboxRow, err: unknown, failures: number, delayMs: number): void {
    this.#tally('retried');
    const facts = { ...describe(row), failures, delayMs, err };
    const code = err instanceof RecorderError ? err.code : '';
    if (said.has(code)) this.#log.debug(facts, 'event waits to be tried again');
    else this.#log.warn(facts, 'cannot post events, they wait in the outbox');
    said.add(code);
  }

  dropped(row: OutboxRow, err: unknown, { outcome, quiet }: Drop): void {
    this.#tally(outcome);
    const facts = { ...describe(row), outcome, err };
    if (quiet) this.#log.info(facts, 'event dropped with its namespace');
    else this.#log.error(facts, 'event dropped');
  }

  unreadable({ id, verb, err }: UnreadableRow): void {
    this.#tally(verb);
    this.#log.error({ row: id, outcome: verb, err }, 'event dropped');
  }

  outboxFails(err: unknown, failures: number, delayMs: number): void {
    this.#log.error({ failures, delayMs, err }, 'cannot read the outbox');
  }
}

function describe({ id, verb, event }: OutboxRow): object {
  const { name, namespace } = event.metadata;
  return { row: id, verb, event: name, namespace, reason: event.reason };
}
