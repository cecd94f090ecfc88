import type { OomEpisode } from '../oom/episode.ts';
import type { Attribution } from '../pods/attribute.ts';
import type { StoredEpisode } from '../store/episode-table.ts';
import { type Attributor, unattributed } from './attributor.ts';
import type { PendingEpisode } from './pending-index.ts';

/** One that waits no longer. */
export interface DecidedEpisode {
  readonly bootId: string;
  readonly episode: OomEpisode;
  /** Absent where a day is over. */
  readonly attribution?: Attribution;
}

/** How long it has waited. */
export interface Waited {
  readonly watchedMs: number;
  /** For a day. */
  readonly isOver: boolean;
}

/** What was seen of its container's main process, and when. */
type Seen = Pick<PendingEpisode, 'killLines' | 'survived'>;

/** Decides on a pending episode as it is in the store now; or says for how long the pods must be watched before. */
export function decidePending(
  stored: StoredEpisode,
  seen: Seen,
  { watchedMs, isOver }: Waited,
  attributor: Attributor,
): DecidedEpisode | { readonly patienceMs: number } {
  const { episode, bootId } = stored;
  if (isOver) return { bootId, episode };
  if (seen.survived === undefined) return { patienceMs: Infinity };
  const answer = attributor.attribute(episode, watchedMs);
  return answer.attribution === undefined ? answer : decided(stored, seen, answer.attribution);
}

/** Decides by what is known now, because too many are pending. */
export function decideEarly(
  stored: StoredEpisode,
  seen: Seen | undefined,
  attributor: Attributor,
): DecidedEpisode {
  const { attribution = unattributed(stored.episode) } = attributor.attribute(
    stored.episode,
    Infinity,
  );
  return decided(stored, seen, { ...attribution, isEarly: true });
}

/** Lines that came late may be of a group: then the main process died with the others. */
function decided(
  { episode, bootId }: StoredEpisode,
  seen: Seen | undefined,
  attribution: Attribution,
): DecidedEpisode {
  const mainProcessSurvived = seen?.survived === true && seen.killLines === episode.killLines;
  return {
    bootId,
    episode,
    attribution: { ...attribution, ...(mainProcessSurvived && { mainProcessSurvived }) },
  };
}
