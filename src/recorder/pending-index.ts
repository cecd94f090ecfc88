import { cgroupOwners } from '../oom/cgroup-path.ts';
import type { OomEpisode } from '../oom/episode.ts';

/**
 * An episode that is pending in the store, as far as it takes to know when to look at it again. Times
 * of the wait are watched ones.
 */
export interface PendingEpisode {
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

/** The pending episodes, by what may decide them: their pods, and whoever comes before them. */
export class PendingIndex {
  /** The oldest first. */
  readonly #episodes = new Map<string, PendingEpisode>();
  /** The keys of one place, the oldest first. */
  readonly #places = new Map<string, Set<string>>();
  readonly #pods = new Map<string, Set<string>>();

  get size(): number {
    return this.#episodes.size;
  }

  get(key: string): PendingEpisode | undefined {
    return this.#episodes.get(key);
  }

  /** The oldest first. */
  entries(): Iterable<readonly [string, PendingEpisode]> {
    return this.#episodes.entries();
  }

  /** Whether anything of this place is yet to be decided. */
  isBusy(place: string): boolean {
    return this.#places.has(place);
  }

  /** Adds one, the newest; or changes one, which keeps its place. */
  put(key: string, pending: PendingEpisode): void {
    const before = this.#episodes.get(key);
    for (const uid of before?.podUids ?? []) drop(this.#pods, uid, key);
    for (const uid of pending.podUids) join(this.#pods, uid, key);
    if (before === undefined) join(this.#places, pending.place, key);
    this.#episodes.set(key, pending);
  }

  /** Removes all of them. @returns what they were, by their keys */
  clear(): ReadonlyMap<string, PendingEpisode> {
    const before = new Map(this.#episodes);
    for (const known of [this.#episodes, this.#places, this.#pods]) known.clear();
    return before;
  }

  /** @returns whose turn it is in its place then */
  delete(key: string): string | undefined {
    const pending = this.#episodes.get(key);
    if (pending === undefined) return undefined;
    this.#episodes.delete(key);
    for (const uid of pending.podUids) drop(this.#pods, uid, key);
    drop(this.#places, pending.place, key);
    return first(this.#places.get(pending.place));
  }

  /** Whether everything of its place that came before it is decided. */
  isNext(key: string): boolean {
    const place = this.#episodes.get(key)?.place;
    return place !== undefined && first(this.#places.get(place)) === key;
  }

  /** Those a change of that pod may decide. */
  ofPod(uid: string): readonly string[] {
    return [...(this.#pods.get(uid) ?? [])].filter((key) => this.isNext(key));
  }
}

function join(groups: Map<string, Set<string>>, name: string, key: string): void {
  const keys = groups.get(name) ?? new Set();
  groups.set(name, keys.add(key));
}

function drop(groups: Map<string, Set<string>>, name: string, key: string): void {
  const keys = groups.get(name);
  keys?.delete(key);
  if (keys?.size === 0) groups.delete(name);
}

function first(keys: ReadonlySet<string> | undefined): string | undefined {
  return keys?.values().next().value;
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
