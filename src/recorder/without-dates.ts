import type { CoreV1Event } from '@kubernetes/client-node';
import type { RecordedEpisode } from './recorded-episode.ts';

/** When it was, in seconds since boot, in place of the dates that an Event otherwise has. */
export const SINCE_BOOT = 'oom-recorder.dev/since-boot-seconds';

/** An episode whose Events are only printed. */
export interface PrintedEpisode extends Omit<RecordedEpisode, 'events'> {
  readonly events: readonly CoreV1Event[];
  /** Its `atMs` is a guess. */
  readonly isSinceBoot?: boolean;
}

/** Of an episode that nobody knows the date of: its Events have none, and say when it was since boot. */
export function withoutDates({ events, ...recorded }: RecordedEpisode): PrintedEpisode {
  const seconds = (recorded.episode.monotonicUs / 1e6).toFixed(6);
  return {
    ...recorded,
    isSinceBoot: true,
    events: events.map(({ firstTimestamp: _first, lastTimestamp: _last, ...event }) => ({
      ...event,
      metadata: {
        ...event.metadata,
        annotations: { ...event.metadata.annotations, [SINCE_BOOT]: seconds },
      },
    })),
  };
}
