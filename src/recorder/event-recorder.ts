import type { V1ObjectReference } from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { Alarm } from './alarm.ts';
import type { EventCap } from './event-cap.ts';
import { EventCorrelator } from '../correlator/correlate.ts';
import { COMBINED_PREFIX, type CorrelatorOptions } from '../correlator/correlator-options.ts';
import type { Decision, SkipDecision, SkipReason } from '../correlator/decision.ts';
import { type EventFacts, makeEvent, MAX_MESSAGE_BYTES } from './make-event.ts';
import type { RecordedEvent } from '../correlator/recorded-event.ts';
import type { RecordedEpisode } from './recorded-episode.ts';
import { cutToBytes } from '../safe-text.ts';
import type { StateStore } from '../store/state-store.ts';

/** Takes what is in the outbox to where Events go. */
export interface EventPoster {
  /** Says that there may be rows. */
  wake(): void;
  drain(withinMs: number): Promise<void>;
}

export interface EventRecorderOptions {
  /** Where decisions are kept until the API server has them, together with what they depend on. */
  readonly store: StateStore;
  readonly poster: EventPoster;
  readonly clock: Clock;
  readonly log: Logger;
  /** The node's name: `source.host`. */
  readonly host: string;
  readonly correlator?: CorrelatorOptions;
  /** How many Events a minute there may be; any number without it. */
  readonly cap?: EventCap | undefined;
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
 * What was held for want of a token, or because of the cap, is written when there is one again; a timer
 * runs only meanwhile.
 *
 * @see k8s.io/client-go/tools/record/event.go
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  #correlator: EventCorrelator;
  /** Set while anything is held. */
  readonly #catchUpAlarm: Alarm;
  /** What was skipped and the log does not say yet; the alarm is set meanwhile. */
  readonly #unsaid = new Map<string, Omit<SkipDecision, 'verb'> & { readonly count: number }>();
  readonly #summaryAlarm: Alarm;
  #drained = false;

  /** Goes on where the last one with this store was: what waits in the outbox is posted at once. */
  constructor(options: EventRecorderOptions) {
    const { store, poster, clock } = options;
    this.#options = options;
    this.#correlator = restoreCorrelator(options);
    store.rollbacks$.subscribe(() => (this.#correlator = restoreCorrelator(options)));
    this.#catchUpAlarm = new Alarm(clock, () => this.#catchUp());
    this.#summaryAlarm = new Alarm(clock, () => this.#sumUp());
    poster.wake();
    this.#planCatchUp();
  }

  /** Records that something happened to an object. client-go tools/record recorderImpl.Event. */
  event(
    ref: V1ObjectReference,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    facts: EventFacts,
  ): void {
    const event = makeEvent(ref, type, reason, message, { ...facts, host: this.#options.host });
    this.#record([event], facts.at.getTime());
  }

  /** Decides on an episode's Events. client-go tools/record recordToSink. */
  record({ events, episode }: RecordedEpisode): void {
    this.#record(events, episode.atMs);
  }

  /** Patches Events that say more than when they were recorded, each with what it was then. */
  amend(
    changed: readonly { readonly before: RecordedEvent; readonly after: RecordedEvent }[],
  ): void {
    this.#decide((correlator) =>
      changed
        .map(({ before, after }) => correlator.amend(before, after))
        .filter((decision) => decision !== undefined),
    );
  }

  /** Posts what can be posted within `withinMs`; the rest stays in the outbox. Nothing is posted afterwards. */
  async drain(withinMs: number): Promise<void> {
    this.#drained = true;
    this.#catchUpAlarm.set(undefined);
    this.#summaryAlarm.set(undefined);
    this.#sumUp();
    await this.#options.poster.drain(withinMs);
  }

  #record(events: readonly RecordedEvent[], atMs: number): void {
    this.#decide((correlator, room) => {
      const decisions = correlator.catchUp(atMs, room);
      for (const event of events)
        decisions.push(correlator.correlate(event, atMs, room - written(decisions)));
      return decisions;
    });
  }

  /** What is decided, and the state it came from, are in one transaction: the caller's, if it has one. */
  #decide(decide: (correlator: EventCorrelator, room: number) => readonly Decision[]): void {
    const { store, clock, cap } = this.#options;
    store.transaction(() => {
      const decisions = decide(this.#correlator, cap?.room() ?? Infinity);
      for (const decision of decisions) {
        if (decision.verb === 'skip') {
          store.change(() => this.#skipped(decision));
          continue;
        }
        store.outbox.add(decision, clock.wallMs());
        cap?.admit();
      }
      store.correlator.apply(this.#correlator.takeChanges());
    });
    // It looks for rows when the caller is done.
    this.#options.poster.wake();
    this.#planCatchUp();
  }

  #skipped({ reason, eventReason }: SkipDecision): void {
    this.#options.onSkipped?.(reason);
    const key = `${reason} ${eventReason}`;
    const count = (this.#unsaid.get(key)?.count ?? 0) + 1;
    this.#unsaid.set(key, { reason, eventReason, count });
    if (this.#drained || this.#summaryAlarm.isSet) return;
    this.#summaryAlarm.set(this.#options.clock.wallMs() + SUMMARY_AFTER_MS);
  }

  #planCatchUp(): void {
    if (this.#drained) return;
    const atMs = this.#correlator.nextCatchUpAtMs();
    const { cap } = this.#options;
    const isCapped = atMs !== undefined && cap !== undefined;
    this.#catchUpAlarm.set(isCapped ? Math.max(atMs, cap.roomAtMs()) : atMs);
  }

  #catchUp(): void {
    this.#decide((correlator, room) => correlator.catchUp(this.#options.clock.wallMs(), room));
  }

  #sumUp(): void {
    const skipped = [...this.#unsaid.values()];
    this.#unsaid.clear();
    if (skipped.length > 0) this.#options.log.info({ skipped }, 'events held back');
  }
}

function written(decisions: readonly Decision[]): number {
  return decisions.filter(({ verb }) => verb !== 'skip').length;
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
