import type { OomEpisode } from '../../src/oom/episode.ts';
import { anEpisode } from './an-episode.ts';
import { START_MS } from './kill-event.ts';

/** What a test wants to say about an episode; the rest is the same every time. */
export interface EpisodeSpec {
  readonly sequence: number;
  readonly atMs?: number;
  /** Which of the `numberedPods`; 0 unless told. */
  readonly pod?: number;
}

/** A kill at a container's limit, `atMs` after the start. */
export function makeEpisode({
  sequence,
  atMs = sequence * 1000,
  pod = 0,
}: EpisodeSpec): OomEpisode {
  const uid = `00000000-0000-4000-8000-${String(pod).padStart(12, '0')}`;
  const oomMemcg = `/kubepods/burstable/pod${uid}/${pod.toString(16).padStart(64, 'c')}`;
  return anEpisode({
    sequence,
    lastSequence: sequence + 1,
    monotonicUs: sequence * 1_000_000,
    atMs: START_MS + atMs,
    oomMemcg,
    taskMemcg: oomMemcg,
    usageKb: 65_536,
    limitKb: 65_536,
    victim: { pid: 1000 + sequence, comm: 'java', anonRssKb: 60_000 },
  });
}

/** The same when the lines of its group have come: one more process was killed. */
export function late(episode: OomEpisode): OomEpisode {
  const { taskMemcg = '', victim, lastSequence } = episode;
  return {
    ...episode,
    group: taskMemcg,
    killLines: 3,
    members: [{ pid: victim.pid + 1, comm: 'child' }],
    lastSequence: lastSequence + 3,
  };
}
