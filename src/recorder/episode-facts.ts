import type { LimitLevel } from '../oom/episode.ts';
import { withoutAbsent } from '../without-absent.ts';
import { eventText } from './event-message.ts';
import type { RecordedEpisode } from './recorded-episode.ts';

/** An episode as it is counted outside of Kubernetes: flat, of plain values. */
export interface EpisodeFacts {
  /** Wall clock of the kill, ms since the epoch. */
  readonly atMs: number;
  /** Sequence of its first kill line: with the boot it identifies the episode. */
  readonly sequence: number;
  /** Absent where the Node alone is the subject. */
  readonly namespace?: string;
  readonly pod?: string;
  readonly container?: string;
  readonly reason: string;
  /** Absent where the kernel withheld it. */
  readonly limitLevel?: LimitLevel;
}

/**
 * What was recorded about the Pod that was hurt, else about the Node. A system-wide OOM has both as
 * subjects and is still one episode.
 */
export function episodeFacts({
  episode,
  attribution,
}: Pick<RecordedEpisode, 'episode' | 'attribution'>): EpisodeFacts {
  const pod = attribution.subjects.find((subject) => subject.kind === 'pod');
  const { reason } = eventText(episode, attribution, pod ?? { kind: 'node' });
  return {
    atMs: episode.atMs,
    sequence: episode.sequence,
    reason,
    ...withoutAbsent({
      namespace: pod?.pod.namespace,
      pod: pod?.pod.name,
      container: pod?.container?.name,
      limitLevel: attribution.limitLevel,
    }),
  };
}
