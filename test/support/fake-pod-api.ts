import {
  concat,
  defer,
  filter,
  finalize,
  interval,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  type SchedulerLike,
  Subject,
  switchMap,
  takeUntil,
  throwError,
  timer,
} from 'rxjs';
import type { PodApi, PodList, WatchEvent } from '../../src/reflector/list-and-watch.ts';
import { TooLargeError } from '../../src/kube/json-text.ts';
import { toPodEntry } from '../../src/pods/pod-entry.ts';
import { podFailures } from './pod-failures.ts';
import { podJson, type PodShape } from './pod-json.ts';

type Change = Exclude<WatchEvent, { readonly type: 'OPENED' }> & { readonly version: number };

/** apiserver cacher.go defaultBookmarkFrequency. */
const BOOKMARK_MS = 60_000;
const LATENCY_MS = 5;
/** A kube-apiserver takes seconds to start. */
const RESTART_MS = 2000;

/**
 * An API server with the habits that matter to a reflector: versions that can be compacted away, a
 * watch from a future version that is accepted and then says nothing, bookmarks once a minute, an end
 * after `timeoutSeconds`, and every way of failing.
 */
export class FakePodApi implements PodApi {
  readonly requests: string[] = [];
  /** Watches open now. */
  open = 0;
  #version = 100;
  #compactedBelow = 0;
  #pods = new Map<string, Record<string, unknown>>();
  #log: Change[] = [];
  #failure: unknown;
  #awayUntilMs = 0;
  #silent = false;
  #skipped: readonly TooLargeError[] = [];
  /** How often the way here was cut: a connection from before stays dead. */
  #silences = 0;
  readonly #changes$ = new Subject<Change>();
  readonly #broken$ = new Subject<unknown>();
  readonly #scheduler: SchedulerLike;

  constructor(scheduler: SchedulerLike) {
    this.#scheduler = scheduler;
  }

  list(resourceVersion: string): Observable<PodList> {
    this.requests.push(`list ${resourceVersion}`);
    return this.#answer(() => {
      if (Number(resourceVersion) > this.#version) throw podFailures.ahead();
      const pods = [...this.#pods.values()].map(toPodEntry).filter((pod) => pod !== undefined);
      return of({ pods, skipped: this.#skipped, resourceVersion: String(this.#version) });
    });
  }

  watch(resourceVersion: string, timeoutSeconds: number): Observable<WatchEvent> {
    this.requests.push(`watch ${resourceVersion}`);
    const from = Number(resourceVersion);
    return this.#answer(() => {
      if (from < this.#compactedBelow) throw podFailures.expired();
      this.open += 1;
      const silences = this.#silences;
      const isHeard = (): boolean => silences === this.#silences;
      const bookmarks$ = interval(BOOKMARK_MS, this.#scheduler).pipe(map(() => this.#bookmark()));
      const missed = this.#log.filter(({ version }) => version > from);
      const changes$ = merge(this.#changes$, bookmarks$).pipe(
        switchMap((change) => (isHeard() && change.version >= from ? [change] : [])),
      );
      const broken$ = this.#broken$.pipe(
        filter(isHeard),
        switchMap((err) => throwError(() => err)),
      );
      return concat(of({ type: 'OPENED' } as const, ...missed), merge(changes$, broken$)).pipe(
        takeUntil(timer(timeoutSeconds * 1000, this.#scheduler).pipe(filter(isHeard))),
        finalize(() => (this.open -= 1)),
      );
    });
  }

  /** Makes or changes a pod. */
  put(name: string, shape: PodShape = {}): void {
    const resourceVersion = String((this.#version += 1));
    const type = this.#pods.has(name) ? 'MODIFIED' : 'ADDED';
    const object = podJson({ name, ...shape, resourceVersion });
    this.#pods.set(name, object);
    this.#say({ type, object, version: this.#version });
  }

  delete(name: string): void {
    if (!this.#pods.delete(name)) return;
    this.say('DELETED', podJson({ name, resourceVersion: String(this.#version + 1) }));
  }

  /** Sends something as it is, with the next version. */
  say(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: unknown): void {
    this.#say({ type, object, version: (this.#version += 1) });
  }

  /** So many pods are too large to be read from now on, and so is the event that says so. */
  haveTooLarge(pods: number): void {
    const err = new TooLargeError(20_000_000, 10_000_000);
    this.#skipped = Array.from({ length: pods }, () => err);
    this.#say({ type: 'TOO_LARGE', err, version: (this.#version += 1) });
  }

  names(): readonly string[] {
    return [...this.#pods.keys()].toSorted();
  }

  /** Every request from now on fails so; `undefined`: works again. */
  failWith(err: unknown): void {
    this.#failure = err;
  }

  /** Requests hang, and open watches say nothing any more, as behind a firewall that forgot them. */
  fallSilent(silent: boolean): void {
    this.#silent = silent;
    if (silent) this.#silences += 1;
  }

  /** Every open watch ends with this. */
  breakWatches(err: unknown = podFailures.broken()): void {
    this.#broken$.next(err);
  }

  /** etcd forgets the past: old versions are Gone, and open watches are told so. */
  compact(): void {
    this.#compactedBelow = this.#version += 1;
    this.#log = [];
    this.breakWatches(podFailures.expired());
  }

  /** etcd emptied: no pods, and versions begin again far below those we know. The server restarts. */
  wipe(awayMs = RESTART_MS): void {
    this.#awayUntilMs = this.#scheduler.now() + awayMs;
    this.#pods = new Map();
    this.#log = [];
    this.#version = 1;
    this.#compactedBelow = 0;
    this.breakWatches();
  }

  #answer<T>(answer: () => Observable<T>): Observable<T> {
    const answer$ = defer(() => {
      if (this.#silent) return NEVER;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#scheduler.now() < this.#awayUntilMs) throw new Error('ECONNREFUSED');
      return answer();
    });
    return timer(LATENCY_MS, this.#scheduler).pipe(switchMap(() => answer$));
  }

  #say(change: Change): void {
    this.#log.push(change);
    this.#changes$.next(change);
  }

  #bookmark(): Change {
    const object = { metadata: { resourceVersion: String(this.#version) } };
    return { type: 'BOOKMARK', object, version: this.#version };
  }
}
