import type { EventPatch } from './event-patch.ts';
import type { RecordedEvent } from './recorded-event.ts';

/**
 * Why nothing is written now: it will be when a token returns, when the node may write again, or
 * (catching up off) never.
 */
export type SkipReason = 'held' | 'capped' | 'dropped';

/**
 * What becomes of an Event. client-go tools/record EventCorrelateResult.
 *
 * A patch comes with the whole Event, so that one that expired can be created again under its name
 * and with its count.
 */
export type Decision = WriteDecision | SkipDecision;

export type WriteDecision =
  | { readonly verb: 'create'; readonly event: RecordedEvent }
  | { readonly verb: 'patch'; readonly event: RecordedEvent; readonly patch: EventPatch };

/** `eventReason` is what the Event that is not written gives as its own. */
export interface SkipDecision {
  readonly verb: 'skip';
  readonly reason: SkipReason;
  readonly eventReason: string;
}
