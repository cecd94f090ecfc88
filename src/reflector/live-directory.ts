import {
  BehaviorSubject,
  distinctUntilChanged,
  map,
  type Observable,
  Subject,
  type Subscription,
} from 'rxjs';
import { isSameEntry, mergeEntry } from '../pods/merge-entry.ts';
import type { PodDirectory, PodEntry } from '../pods/pod-directory.ts';
import { PodIndex } from '../pods/pod-index.ts';
import type { DirectoryChange, PodApi } from './list-and-watch.ts';
import { type ReflectorEnv, reflectPods } from './reflect-pods.ts';
import { FIRST_STEP, type ReflectorState } from './reflector-step.ts';

/**
 * This node's pods as far as attribution cares, kept up to date by {@link follow}. A pod deleted is
 * still found for a while, since its kill may be read after its end.
 */
export class LiveDirectory implements PodDirectory {
  readonly #index = new PodIndex();
  readonly #nowMs: () => number;
  readonly #state$ = new BehaviorSubject<ReflectorState>(FIRST_STEP.state);
  readonly #changed$ = new Subject<PodEntry>();

  /** Every entry that became another, deletions (`deletedAtMs`) included. */
  readonly changed$: Observable<PodEntry> = this.#changed$.asObservable();
  /** The reflector's state: for readiness and metrics. */
  readonly state$: Observable<ReflectorState> = this.#state$.asObservable();
  /** Whether what is not here is not there: listed once, and a watch is open. */
  readonly live$: Observable<boolean> = this.#state$.pipe(
    map(({ synced, live }) => synced && live),
    distinctUntilChanged(),
  );

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Before the first list nobody can say that a pod is not this node's, nor where pods were passed over. */
  get isComplete(): boolean {
    const { synced, skipped } = this.#state$.value;
    return synced && skipped === 0;
  }

  /** The reflector's state now. */
  get state(): ReflectorState {
    return this.#state$.value;
  }

  byCgroupUid(uid: string, containerId?: string): PodEntry | undefined {
    return this.#fresh().byCgroupUid(uid, containerId);
  }

  /** Keeps up with the API server until the subscription ends. */
  follow(api: PodApi, env: Omit<ReflectorEnv, 'isRestart'>): Subscription {
    const isRestart = this.#index.entries().length > 0;
    return reflectPods(api, (change) => this.apply(change), { ...env, isRestart }).subscribe(
      (state) => this.#state$.next(state),
    );
  }

  apply(change: DirectoryChange): void {
    switch (change.kind) {
      case 'replaced':
        return this.#replace(change.pods);
      case 'applied':
        return this.#put(change.pod);
      case 'deleted':
        return this.#delete(change.pod);
    }
  }

  /** Everything known, the deleted included: what the store keeps across a restart. */
  entries(): readonly PodEntry[] {
    return this.#fresh().entries();
  }

  /** What the store kept. Whatever is no longer there counts as deleted by the first list. */
  restore(entries: readonly PodEntry[]): void {
    const oldestFirst = entries.toSorted((a, b) => (a.deletedAtMs ?? 0) - (b.deletedAtMs ?? 0));
    for (const entry of oldestFirst) {
      if (this.#index.get(entry.uid) === undefined) this.#index.put(entry);
    }
  }

  /** client-go Store.Replace: who is not in the list is gone, since when nobody knows. */
  #replace(listed: readonly PodEntry[]): void {
    const uids = new Set(listed.map(({ uid }) => uid));
    for (const entry of this.#index.entries()) {
      if (!uids.has(entry.uid) && entry.deletedAtMs === undefined) this.#delete(entry);
    }
    for (const entry of listed) this.#put(entry);
  }

  #delete(entry: PodEntry): void {
    this.#put({ ...entry, deletedAtMs: this.#nowMs() });
  }

  #put(entry: PodEntry): void {
    const before = this.#fresh().get(entry.uid);
    const after = mergeEntry(entry, before);
    if (isSameEntry(after, before)) return;
    this.#index.put(after);
    this.#changed$.next(after);
  }

  #fresh(): PodIndex {
    this.#index.forget(this.#nowMs());
    return this.#index;
  }
}
