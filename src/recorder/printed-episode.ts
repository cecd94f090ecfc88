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

/**
 * An episode as a line of `replay -o ndjson`. The contract other tools rely on: names and meanings are
 * in docs/architecture.md, and JSON leaves out what is absent.
 */
export function episodeFields({ episode, attribution, events, isSinceBoot }: PrintedEpisode) {
  const { owner } = attribution;
  return {
    id: `oom-${episode.sequence}`,
    time: isSinceBoot === true ? undefined : new Date(episode.atMs).toISOString(),
    sequence: episode.sequence,
    monotonicUs: episode.monotonicUs,
    constraint: episode.constraint,
    limitLevel: attribution.limitLevel,
    oomMemcg: episode.oomMemcg,
    taskMemcg: episode.taskMemcg,
    podUid: owner?.podUid,
    containerId: owner?.containerId,
    qos: owner?.qos,
    context: episode.context,
    killLines: episode.killLines,
    usageKb: episode.usageKb,
    limitKb: episode.limitKb,
    memory: episode.memory,
    invoker: episode.invoker,
    victim: episode.victim,
    members: episode.members,
    tasks: episode.tasks,
    events: events.map(({ involvedObject, type, reason, message }) => ({
      involvedObject,
      type,
      reason,
      message,
    })),
  };
}
