import type { Attribution } from '../pods/attribute.ts';
import type { NumberedEpisode } from '../store/stored-episode.ts';
import { type Attributor, unattributed } from './attributor.ts';
import type { PendingEpisode } from './pending-index.ts';

/** What was seen of its container's main process, and when. */
type Seen = Pick<PendingEpisode, 'killLines' | 'survived'>;

/**
 * Decides on a pending episode as it is in the store now; or says for how long the pods must be watched
 * before. Of one whose day is over there is no attribution.
 */
export function decidePending(
  stored: NumberedEpisode,
  seen: Seen,
  { watchedMs, isOver }: { readonly watchedMs: number; readonly isOver: boolean },
  attributor: Attributor,
): NumberedEpisode | { readonly patienceMs: number } {
  if (isOver) return stored;
  if (seen.survived === undefined) return { patienceMs: Infinity };
  const answer = attributor.attribute(stored.episode, watchedMs);
  return answer.attribution === undefined ? answer : decided(stored, seen, answer.attribution);
}

/** Decides by what is known now, because too many are pending. */
export function decideEarly(
  stored: NumberedEpisode,
  seen: Seen | undefined,
  attributor: Attributor,
): NumberedEpisode {
  const { attribution = unattributed(stored.episode) } = attributor.attribute(
    stored.episode,
    Infinity,
  );
  return decided(stored, seen, { ...attribution, isEarly: true });
}

/** Lines that came late may be of a group: then the main process died with the others. */
function decided(
  stored: NumberedEpisode,
  seen: Seen | undefined,
  attribution: Attribution,
): NumberedEpisode {
  const mainProcessSurvived =
    seen?.survived === true && seen.killLines === stored.episode.killLines;
  return {
    ...stored,
    attribution: { ...attribution, ...(mainProcessSurvived && { mainProcessSurvived }) },
  };
}
