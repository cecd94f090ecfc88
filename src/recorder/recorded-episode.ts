import type { OomEpisode } from '../oom/episode.ts';
import type { Attribution } from '../pods/attribute.ts';
import { buildEvent, type EventOrigin } from './build-event.ts';
import type { RecordedEvent } from '../correlator/recorded-event.ts';

/** An episode, whose it was, and the Events that say so. */
export interface RecordedEpisode {
  readonly episode: OomEpisode;
  readonly attribution: Attribution;
  /** One for each subject about which they are wanted. */
  readonly events: readonly RecordedEvent[];
}

/** Counts what is recorded. */
export interface EpisodeCounters {
  recorded(one: RecordedEpisode): void;
  /** So many more processes turned out to be an episode's that is counted already. */
  foundMembers(processes: number): void;
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
  const { wants = () => true } = origin;
  const events = attribution.subjects
    .filter(wants)
    .map((subject) => buildEvent(episode, attribution, subject, origin));
  return { episode, attribution, events };
}

/**
 * The Events of an episode that has more to say than `before`, each with what it was: lines that came
 * late may be of a group, with which the main process died.
 */
export function amendEvents(
  before: OomEpisode,
  episode: OomEpisode,
  attribution: Attribution,
  origin: EventOrigin,
): { readonly before: RecordedEvent; readonly after: RecordedEvent }[] {
  const { mainProcessSurvived: _, ...known } = attribution;
  const said = recordEpisode(before, attribution, origin).events;
  return recordEpisode(episode, known, origin).events.flatMap((after, at) => {
    const earlier = said[at];
    return earlier === undefined ? [] : [{ before: earlier, after }];
  });
}
