import type { CoreV1Event } from '@kubernetes/client-node';
import type { OomEpisode } from '../oom/episode.ts';
import { attribute, type Attribution } from '../pods/attribute.ts';
import type { PodDirectory } from '../pods/pod-directory.ts';
import { buildEvent, type EventOrigin } from './build-event.ts';

/** An episode, whose it was, and the Events that say so. */
export interface RecordedEpisode {
  readonly episode: OomEpisode;
  readonly attribution: Attribution;
  /** One for each subject. */
  readonly events: readonly CoreV1Event[];
}

/** Attributes an episode and builds its Events. */
export function recordEpisode(
  episode: OomEpisode,
  pods: PodDirectory,
  origin: EventOrigin,
): RecordedEpisode {
  const attribution = attribute(episode, pods);
  const events = attribution.subjects.map((subject) =>
    buildEvent(episode, attribution, subject, origin),
  );
  return { episode, attribution, events };
}
