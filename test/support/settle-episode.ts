import type { Attribution } from '../../src/pods/attribute.ts';
import type { EpisodeState } from '../../src/store/stored-episode.ts';
import type { StateStore } from '../../src/store/state-store.ts';

/** Decides on an episode that is pending. */
export function settleEpisode(
  { episodes }: StateStore,
  bootId: string,
  sequence: number,
  state: Exclude<EpisodeState, 'pending'>,
  attribution?: Attribution,
): void {
  const pending = episodes.findPending(bootId, sequence);
  if (pending === undefined) throw new Error(`${sequence} is not pending`);
  episodes.settle({ ...pending, state, ...(attribution !== undefined && { attribution }) });
}
