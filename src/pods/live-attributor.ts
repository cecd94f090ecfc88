import {
  asyncScheduler,
  filter,
  firstValueFrom,
  fromEvent,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  type SchedulerLike,
  throwError,
  switchMap,
} from 'rxjs';
import { cgroupOwners } from '../oom/cgroup-path.ts';
import type { OomEpisode } from '../oom/episode.ts';
import { attribute, missingFrom, type Attribution, type Missing } from './attribute.ts';
import { withNodeEvents, type NodeEvents } from './node-events.ts';
import { liveFor } from './live-for.ts';
import type { PodDirectory, PodEntry } from './pod-directory.ts';
import { StatusWitness } from './status-witness.ts';

/** What this needs of the pod directory. */
export interface WatchedPods extends PodDirectory {
  /** Listed once, and a watch is open; tells the present state at once. */
  readonly live$: Observable<boolean>;
  /** Whenever a pod has become another. */
  readonly changed$: Observable<unknown>;
  entries(): readonly PodEntry[];
}

export interface LiveAttributorOptions {
  readonly nodeEvents?: NodeEvents;
  /** Kernel log records lost so far: among them may have been kill lines. */
  readonly recordsLost?: () => number;
  readonly scheduler?: SchedulerLike;
}

/** A pod is at the API server before its first container runs; the watch is no later than this. */
const POD_WAIT_MS = 3000;
/**
 * A container killed seconds after it started is in its pod's status within this: a kubelet that
 * starts many of them, or writes to a slow API server, takes several seconds. So is the end of one,
 * and the status of the one mirror, of several that claim to be, that the kubelet made.
 */
const CONTAINER_WAIT_MS = 30_000;
/**
 * kubelet's PLEG looks every second, syncs the pod and writes its status; a node where 25 containers
 * die at once takes a few seconds more.
 */
const STATUS_WAIT_MS = 10_000;

/**
 * Finds whose an episode was among pods that come and go. An exact answer is given at once; else the
 * pods are watched until it is exact, or until a live watch has had its time. While there is no live
 * watch nothing is decided: the missing pod may be at the API server, and nothing could be posted. How
 * long that may last is the caller's to say.
 */
export class LiveAttributor {
  readonly #pods: WatchedPods;
  readonly #nodeEvents: NodeEvents;
  readonly #scheduler: SchedulerLike;
  readonly #statuses: StatusWitness;

  constructor(pods: WatchedPods, options: LiveAttributorOptions = {}) {
    this.#pods = pods;
    this.#nodeEvents = options.nodeEvents ?? 'on';
    this.#scheduler = options.scheduler ?? asyncScheduler;
    const recordsLost = options.recordsLost ?? (() => 0);
    this.#statuses = new StatusWitness(recordsLost, this.#scheduler.now());
  }

  /** @throws the signal's reason, where it was aborted before the answer was certain */
  async attribute(episode: OomEpisode, signal?: AbortSignal): Promise<Attribution> {
    const isWithheld = this.#statuses.see(episode, this.#scheduler.now());
    const answer$ = isWithheld ? this.#byStatus(episode) : this.#byPath(episode);
    const attribution = await firstValueFrom(merge(answer$, aborted(signal)));
    return withNodeEvents(attribution, this.#nodeEvents);
  }

  #byPath(episode: OomEpisode): Observable<Attribution> {
    const answer = (): Attribution => attribute(episode, this.#pods);
    const isMissing = (said: Attribution, what: Missing): boolean =>
      missingFrom(said, episode) === what;
    const exact$ = merge(of(undefined), this.#pods.changed$).pipe(
      map(answer),
      filter((said) => isMissing(said, 'nothing')),
    );
    const unknown$ = this.#patience$(POD_WAIT_MS).pipe(
      map(answer),
      filter((said) => isMissing(said, 'pod') && !this.#isClaimed(said)),
    );
    return merge(exact$, unknown$, this.#patience$(CONTAINER_WAIT_MS).pipe(map(answer)));
  }

  /** Somebody says that the pod that is missing is it: a status may yet show whether that is true. */
  #isClaimed({ cgroup = '', owner, subjects }: Attribution): boolean {
    const missing = new Set(cgroupOwners(cgroup).map(({ podUid }) => podUid));
    if (subjects.some(({ kind }) => kind === 'pod')) missing.delete(owner?.podUid ?? '');
    return this.#pods.entries().some(({ cgroupUid }) => missing.has(cgroupUid));
  }

  /** Nothing but a pod's status can tell, and another pod's may follow: wait for all of them. */
  #byStatus(episode: OomEpisode): Observable<Attribution> {
    return this.#patience$(STATUS_WAIT_MS).pipe(
      map(() => this.#askStatuses(episode) ?? attribute(episode, this.#pods)),
    );
  }

  #askStatuses(episode: OomEpisode): Attribution | undefined {
    return this.#statuses.testify(episode, this.#pods.entries(), this.#scheduler.now());
  }

  #patience$(waitMs: number): Observable<unknown> {
    return liveFor(this.#pods.live$, waitMs, this.#scheduler);
  }
}

function aborted(signal: AbortSignal | undefined): Observable<never> {
  if (signal === undefined) return NEVER;
  const fail = (): Observable<never> => throwError(() => signal.reason);
  return signal.aborted ? fail() : fromEvent(signal, 'abort').pipe(switchMap(fail));
}
