import type { V1ObjectReference } from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { Alarm } from './alarm.ts';
import { EventCorrelator } from '../correlator/correlate.ts';
import { COMBINED_PREFIX, type CorrelatorOptions } from '../correlator/correlator-options.ts';
import type { StateRow } from '../correlator/correlator-state.ts';
import type { Decision, SkipReason } from '../correlator/decision.ts';
import { type EventFacts, makeEvent, MAX_MESSAGE_BYTES } from './make-event.ts';
import type { RecordedEvent } from '../correlator/recorded-event.ts';
import { cutToBytes } from '../safe-text.ts';

/** Takes what is in the outbox to where Events go. */
export interface EventPoster {
  /** Says that there may be rows. */
  wake(): void;
  drain(withinMs: number): Promise<void>;
}

/** Where decisions are kept until the API server has them, together with what they depend on. */
export interface DecisionStore {
  readonly outbox: { add(decision: Decision, enteredAtMs: number): void };
  readonly correlator: { rows(): StateRow[]; apply(changes: readonly StateRow[]): void };
  /** All of `work` or nothing of it. */
  transaction(work: () => void): void;
}

export interface EventRecorderOptions {
  readonly store: DecisionStore;
  readonly poster: EventPoster;
  readonly clock: Clock;
  readonly log: Logger;
  /** The node's name: `source.host`. */
  readonly host: string;
  readonly correlator?: CorrelatorOptions;
  /** Told of each Event that is not let through at once, before what was decided is committed. */
  readonly onSkipped?: (reason: SkipReason) => void;
}

/** So that a storm is one line a minute in the log. */
const SUMMARY_AFTER_MS = 60_000;

/**
 * client-go tools/record in one: the recorder (`EventRecorder.Event`) and the correlator. Unlike there nothing is queued in memory and dropped
 * when the queue is full (`maxQueuedEvents`): a decision is in the store before `event` returns, and
 * is posted behind it.
 *
 * What was held for want of a token is written when one returns; a timer runs only meanwhile.
 *
 * @see k8s.io/client-go/tools/record/event.go
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  #correlator: EventCorrelator;
  /** Set while anything is held. */
  readonly #catchUpAlarm: Alarm;
  /** Set while anything was skipped that the log does not say yet. */
  readonly #summaryAlarm: Alarm;
  #drained = false;

  /** Goes on where the last one with this store was: what waits in the outbox is posted at once. */
  constructor(options: EventRecorderOptions) {
    const { poster, clock } = options;
    this.#options = options;
    this.#correlator = restoreCorrelator(options);
    this.#catchUpAlarm = new Alarm(clock, () => this.#catchUp());
    this.#summaryAlarm = new Alarm(clock, () => this.#sumUp());
    poster.wake();
    this.#planCatchUp();
  }

  /**
   * Records that something happened to an object; what `alongside` writes is in the same transaction.
   * client-go tools/record recorderImpl.Event.
   */
  event(
    ref: V1ObjectReference,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    facts: EventFacts,
    alongside: () => void = () => undefined,
  ): void {
    const event = makeEvent(ref, type, reason, message, { ...facts, host: this.#options.host });
    this.record([event], facts.at.getTime(), alongside);
  }

  /**
   * Decides on Events of the wall time `atMs` and commits what was decided, the state it came from
   * and whatever `alongside` writes, in one transaction. client-go tools/record recordToSink.
   */
  record(events: readonly RecordedEvent[], atMs: number, alongside: () => void): void {
    this.recordAll([{ events, atMs }], alongside);
  }

  /** The same for several kills, one after the other, in one transaction. */
  recordAll(
    kills: readonly { readonly events: readonly RecordedEvent[]; readonly atMs: number }[],
    alongside: () => void,
  ): void {
    this.#decide((correlator) => {
      const decisions = kills.flatMap(({ events, atMs }) => [
        ...correlator.catchUp(atMs),
        ...events.map((event) => correlator.correlate(event, atMs)),
      ]);
      this.#commit(decisions, alongside);
    });
  }

  /**
   * Patches Events that say more than when they were recorded, each with what it was then; whatever
   * `alongside` writes is in the same transaction.
   */
  amend(
    changed: readonly { readonly before: RecordedEvent; readonly after: RecordedEvent }[],
    alongside: () => void,
  ): void {
    this.#decide((correlator) => {
      const decisions = changed.map(({ before, after }) => correlator.amend(before, after));
      this.#commit(
        decisions.filter((decision) => decision !== undefined),
        alongside,
      );
    });
  }

  /** Posts what can be posted within `withinMs`; the rest stays in the outbox. Nothing is posted afterwards. */
  async drain(withinMs: number): Promise<void> {
    this.#drained = true;
    this.#catchUpAlarm.set(undefined);
    this.#summaryAlarm.set(undefined);
    this.#sumUp();
    await this.#options.poster.drain(withinMs);
  }

  /** What cannot be written is not decided either: a kill that is tried again must not count twice. */
  #decide(decide: (correlator: EventCorrelator) => void): void {
    try {
      decide(this.#correlator);
    } catch (error) {
      this.#correlator = restoreCorrelator(this.#options);
      throw error;
    }
  }

  #commit(decisions: readonly Decision[], alongside: () => void): void {
    const { store, poster, clock, onSkipped } = this.#options;
    const changes = this.#correlator.takeChanges();
    const nowMs = clock.wallMs();
    const skipped = decisions.filter((decision) => decision.verb === 'skip');
    for (const { reason } of skipped) onSkipped?.(reason);
    store.transaction(() => {
      alongside();
      for (const decision of decisions) store.outbox.add(decision, nowMs);
      store.correlator.apply(changes);
    });
    poster.wake();
    this.#planCatchUp();
    if (skipped.length > 0) this.#planSummary();
  }

  #planCatchUp(): void {
    if (!this.#drained) this.#catchUpAlarm.set(this.#correlator.nextCatchUpAtMs());
  }

  #catchUp(): void {
    const nowMs = this.#options.clock.wallMs();
    this.#decide((correlator) => this.#commit(correlator.catchUp(nowMs), () => undefined));
  }

  #planSummary(): void {
    if (this.#drained || this.#summaryAlarm.isSet) return;
    this.#summaryAlarm.set(this.#options.clock.wallMs() + SUMMARY_AFTER_MS);
  }

  #sumUp(): void {
    const skipped = this.#correlator.takeSkipped();
    if (skipped.length > 0)
      this.#options.log.info({ skipped }, 'events held back by the spam filter');
  }
}

/** The correlator as the store has it. */
function restoreCorrelator({ store, correlator }: EventRecorderOptions): EventCorrelator {
  const options = { messageFunc: combinedMessage, ...correlator };
  return new EventCorrelator(options, store.correlator.rows());
}

/** client-go tools/record EventAggregatorByReasonMessageFunc, and the limit every message has. */
function combinedMessage({ message }: RecordedEvent): string {
  return cutToBytes(COMBINED_PREFIX + message, MAX_MESSAGE_BYTES);
}
