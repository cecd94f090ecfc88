import type { OomEpisode } from '../oom/episode.ts';
import type { Attribution } from '../pods/attribute.ts';
import { buildEvent, type EventOrigin } from './build-event.ts';
import type { RecordedEvent } from '../correlator/recorded-event.ts';

/** An episode, whose it was, and the Events that say so. */
export interface RecordedEpisode {
  readonly episode: OomEpisode;
  readonly attribution: Attribution;
  /** One for each subject. */
  readonly events: readonly RecordedEvent[];
}

/** What an episode is in the store from here on. */
export function stateOf({ events }: RecordedEpisode): 'recorded' | 'kept' {
  return events.length > 0 ? 'recorded' : 'kept';
}

/** Builds the Events of an episode. */
export function recordEpisode(
  episode: OomEpisode,
  attribution: Attribution,
  origin: EventOrigin,
): RecordedEpisode {
  const events = attribution.subjects.map((subject) =>
    buildEvent(episode, attribution, subject, origin),
  );
  return { episode, attribution, events };
}
