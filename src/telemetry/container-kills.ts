import type { PodEntry } from '../pods/pod-directory.ts';
import type { Sample } from './metrics.ts';

/** A container as a metric's labels name it; `container` is empty where only the pod is known. */
export interface ContainerRef {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** How often a container was hurt, and when last (ms since the epoch); plain JSON for the store. */
export interface ContainerKill extends ContainerRef {
  readonly count: number;
  readonly lastKillMs: number;
  /** The last one's; earlier versions did not keep it. */
  readonly sequence?: number;
}

/**
 * The pods a series must exist for: the directory's, deleted ones as long as it keeps them.
 * `undefined` before the first list, when nothing can be said to be gone.
 */
export type KnownPods = () => Iterable<PodEntry> | undefined;

/** Long enough for a last scrape and an alert; the pod directory keeps a deleted pod as long. */
const OUTLIVES_MS = 15 * 60_000;
/** Below this many counts nobody needs to look which of them are over. */
const FEW = 1_000;

/**
 * The values of `container_oom_events_total`: 0 for every container that is known, more for those
 * that were hurt, gone 15 minutes after the container or, where no directory knew it, after its
 * last kill. Only hurt containers are held; the zeros are made when somebody looks.
 */
export class ContainerKills {
  readonly #knownPods: KnownPods;
  readonly #nowMs: () => number;
  readonly #hurt = new Map<string, ContainerKill>();
  /** The keys of those that became others since the store last asked. */
  readonly #changed = new Set<string>();
  #pruneAt = FEW;

  constructor(knownPods: KnownPods, nowMs: () => number) {
    this.#knownPods = knownPods;
    this.#nowMs = nowMs;
  }

  /** One episode that hurt a container, by the sequence of its record. */
  count(ref: ContainerRef, sequence: number): void {
    const key = keyOf(ref);
    const count = (this.#hurt.get(key)?.count ?? 0) + 1;
    this.#hurt.set(key, { ...ref, count, lastKillMs: this.#nowMs(), sequence });
    this.#changed.add(key);
    if (this.#hurt.size <= this.#pruneAt) return;
    this.#prune(this.#known());
    this.#pruneAt = Math.max(FEW, 2 * this.#hurt.size);
  }

  /** What a metric shows now: the known containers and, for a while, those that are gone. */
  current(): readonly Sample[] {
    const known = this.#known();
    this.#prune(known);
    const unhurt = [...(known ?? [])].filter(([key]) => !this.#hurt.has(key));
    const zeros = unhurt.map(([, ref]): Sample => [{ ...ref }, 0]);
    return [...[...this.#hurt.values()].map(sampleOf), ...zeros];
  }

  toJSON(): readonly ContainerKill[] {
    return [...this.#hurt.values()];
  }

  /** What is to be written since the last question, each under its key; without a value it is gone. */
  takeChanges(): { readonly key: string; readonly value: ContainerKill | undefined }[] {
    const changes = [...this.#changed].map((key) => ({ key, value: this.#hurt.get(key) }));
    this.#changed.clear();
    return changes;
  }

  /** Goes on from what an earlier process had. */
  restore(kills: unknown): void {
    if (!Array.isArray(kills)) return;
    for (const kill of kills) if (isKill(kill)) this.#hurt.set(keyOf(kill), kill);
  }

  #prune(known: ReadonlyMap<string, ContainerRef> | undefined): void {
    if (known === undefined) return;
    const oldestMs = this.#nowMs() - OUTLIVES_MS;
    for (const [key, { lastKillMs }] of this.#hurt) {
      if (lastKillMs >= oldestMs || known.has(key)) continue;
      this.#hurt.delete(key);
      this.#changed.add(key);
    }
  }

  /** A pod's own series, without a container, exists from its first kill on. */
  #known(): ReadonlyMap<string, ContainerRef> | undefined {
    const pods = this.#knownPods();
    if (pods === undefined) return undefined;
    const known = new Map<string, ContainerRef>();
    for (const { namespace, name: pod, containers } of pods) {
      for (const { name: container } of [{ name: '' }, ...containers]) {
        const ref = { namespace, pod, container };
        if (container !== '' || this.#hurt.has(keyOf(ref))) known.set(keyOf(ref), ref);
      }
    }
    return known;
  }
}

/** No part can hold a slash: they are DNS labels and subdomains. */
function keyOf({ namespace, pod, container }: ContainerRef): string {
  return `${namespace}/${pod}/${container}`;
}

/** The exemplar is the last kill. */
function sampleOf(kill: ContainerKill): Sample {
  const { namespace, pod, container, count, lastKillMs: atMs, sequence } = kill;
  const labels = { namespace, pod, container };
  if (typeof sequence !== 'number') return [labels, count];
  return [labels, count, { labels: { sequence: String(sequence) }, atMs }];
}

function isKill(value: unknown): value is ContainerKill {
  const kill = value as Partial<ContainerKill> | null;
  const names = [kill?.namespace, kill?.pod, kill?.container];
  const numbers = [kill?.count, kill?.lastKillMs];
  return names.every((name) => typeof name === 'string') && numbers.every(Number.isFinite);
}
