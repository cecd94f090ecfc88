import { cgroupOwners } from '../oom/cgroup-path.ts';
import type { OomEpisode } from '../oom/episode.ts';
import type { StoredEpisode } from '../store/stored-episode.ts';

/**
 * An episode that is pending in the store, as far as it takes to know when to look at it again. Times
 * of the wait are watched ones.
 */
export interface PendingEpisode {
  /** See {@link keyOf}. */
  readonly key: string;
  readonly bootId: string;
  readonly sequence: number;
  /** Kill lines it had when its container's main process was looked at. */
  readonly killLines: number;
  /** See {@link placeOf}. */
  readonly place: string;
  /** Every pod its cgroup names, by the UID in the path. */
  readonly podUids: readonly string[];
  /** When its wait began. */
  readonly sinceMs: number;
  /** When to ask again though no pod has changed. */
  readonly dueMs: number;
  /** When a day is over, on the monotonic clock. */
  readonly giveUpAtMs: number;
  /** Whether the container's main process lives on; absent while nobody can tell yet. */
  readonly survived?: boolean | undefined;
}

/** The pending episodes, the oldest first. Those of one place have their turns one after the other. */
export class PendingIndex {
  readonly #episodes = new Map<string, PendingEpisode>();

  get size(): number {
    return this.#episodes.size;
  }

  get(key: string): PendingEpisode | undefined {
    return this.#episodes.get(key);
  }

  /** Whether anything of this place is yet to be decided. */
  isBusy(place: string): boolean {
    for (const pending of this.#episodes.values()) if (pending.place === place) return true;
    return false;
  }

  /** Adds one, the newest; or changes one, which keeps its turn. */
  put(pending: PendingEpisode): void {
    this.#episodes.set(pending.key, pending);
  }

  delete({ key }: PendingEpisode): void {
    this.#episodes.delete(key);
  }

  /** Removes all of them. @returns what they were, by their keys */
  clear(): ReadonlyMap<string, PendingEpisode> {
    const before = new Map(this.#episodes);
    this.#episodes.clear();
    return before;
  }

  oldest(count: number): readonly PendingEpisode[] {
    return [...this.#episodes.values()].slice(0, count);
  }

  /** Of each place the oldest; where that is deleted meanwhile, the next one of its place as well. */
  *turns(): Iterable<PendingEpisode> {
    const taken = new Set<string>();
    for (const [key, pending] of this.#episodes) {
      if (taken.has(pending.place)) continue;
      yield pending;
      if (this.#episodes.has(key)) taken.add(pending.place);
    }
  }

  /** The places of those whose cgroup names a pod. */
  placesOf(podUid: string): ReadonlySet<string> {
    const places = new Set<string>();
    for (const { podUids, place } of this.#episodes.values())
      if (podUids.includes(podUid)) places.add(place);
    return places;
  }
}

/** The times of a wait. */
export type PendingTime = Pick<PendingEpisode, 'sinceMs' | 'dueMs' | 'giveUpAtMs'>;

/** What is to be known of an episode that is in the store. */
export function pendingEpisode(
  { episode, bootId }: StoredEpisode,
  time: PendingTime,
  survived: boolean | undefined,
): PendingEpisode {
  const { sequence, killLines } = episode;
  return {
    ...time,
    key: keyOf(bootId, sequence),
    bootId,
    sequence,
    killLines,
    place: placeOf(episode),
    podUids: podUidsOf(episode),
    survived,
  };
}

/** One episode among those of all boots. */
export function keyOf(bootId: string, sequence: number): string {
  return `${bootId}/${sequence}`;
}

/** Whom an episode may be about, before that is known: one container need not wait for another. */
export function placeOf(episode: OomEpisode): string {
  const [owner] = ownersOf(episode);
  return owner === undefined ? '' : `${owner.podUid}/${owner.containerId ?? ''}`;
}

/** Every pod that its cgroup names, by the UID in the path. */
export function podUidsOf(episode: OomEpisode): readonly string[] {
  return ownersOf(episode).map(({ podUid }) => podUid);
}

function ownersOf({ taskMemcg, evidence }: OomEpisode) {
  return cgroupOwners(taskMemcg ?? evidence?.cgroup ?? '');
}
