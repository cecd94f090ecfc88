import type { Observable } from 'rxjs';
import { cgroupOwners } from '../oom/cgroup-path.ts';
import type { OomEpisode } from '../oom/episode.ts';
import { attribute, missingFrom, type Attribution } from './attribute.ts';
import type { PodDirectory, PodEntry } from './pod-directory.ts';
import { OwnLevels } from './own-levels.ts';
import { isWithheld, StatusEvidence } from './status-evidence.ts';

/** What may make another answer of the same question. */
export interface PodNews {
  /** Listed once, and a watch is open: what is not there is not there. Tells the present state at once. */
  readonly live$: Observable<boolean>;
  /** Every pod that has become another. */
  readonly changed$: Observable<Pick<PodEntry, 'cgroupUid'>>;
}

/** What this needs of the pod directory. */
export interface WatchedPods extends PodDirectory, PodNews {
  entries(): readonly PodEntry[];
}

/** Whose an episode was; or for how long the pods must have been watched before that can be said. */
export type Answer =
  | { readonly attribution: Attribution; readonly patienceMs?: undefined }
  | { readonly attribution?: undefined; readonly patienceMs: number };

export interface LiveAttributorOptions {
  /** Kernel log records lost so far: among them may have been kill lines. */
  readonly recordsLost?: () => number;
  /** Episodes of this boot that earlier processes have seen. */
  readonly earlier?: readonly OomEpisode[];
  readonly nowMs: () => number;
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
 * Finds whose an episode was among pods that come and go. An exact answer is given at once; else
 * there is none until the pods make it exact, or were watched for long enough to say that they
 * will not. While there is no live watch that time stands still: the missing pod may be at the API
 * server, and nothing could be posted. Who waits, and how long at most, is the caller's business.
 */
export class LiveAttributor {
  readonly news: PodNews;
  readonly #pods: WatchedPods;
  readonly #nowMs: () => number;
  readonly #statuses: StatusEvidence;
  readonly #ownLevels = new OwnLevels();

  constructor(pods: WatchedPods, options: LiveAttributorOptions) {
    const { recordsLost, earlier = [], nowMs } = options;
    this.news = pods;
    this.#pods = pods;
    this.#nowMs = nowMs;
    this.#statuses = new StatusEvidence(recordsLost ?? (() => 0), nowMs());
    for (const episode of earlier) this.#ownLevels.see(episode, pods);
  }

  /** Takes an episode down: whose others were depends on it, of withheld kills and of nested pods. */
  see(episode: OomEpisode): void {
    this.#ownLevels.see(episode, this.#pods);
    this.#statuses.see(episode, this.#nowMs());
  }

  /** @param watchedMs for how long the pods have been watched since; `Infinity` for a last answer */
  attribute(episode: OomEpisode, watchedMs: number): Answer {
    return isWithheld(episode)
      ? this.#byStatus(episode, watchedMs)
      : this.#byPath(episode, watchedMs);
  }

  #byPath(episode: OomEpisode, watchedMs: number): Answer {
    const attribution = attribute(episode, this.#pods, this.#ownLevels);
    const missing = missingFrom(attribution, episode);
    const isUnknown = missing === 'pod' && !this.#isClaimed(attribution);
    const patienceMs = isUnknown ? POD_WAIT_MS : CONTAINER_WAIT_MS;
    const isCertain = missing === 'nothing' || watchedMs >= patienceMs;
    return isCertain ? { attribution } : { patienceMs };
  }

  /** Somebody says that the pod that is missing is it: a status may yet show whether that is true. */
  #isClaimed({ cgroup = '' }: Attribution): boolean {
    const missing = cgroupOwners(cgroup).filter(
      ({ podUid, containerId }) => this.#pods.byCgroupUid(podUid, containerId) === undefined,
    );
    const uids = new Set(missing.map(({ podUid }) => podUid));
    return this.#pods.entries().some(({ cgroupUid }) => uids.has(cgroupUid));
  }

  /** Nothing but a pod's status can tell, and another pod's may follow: wait for all of them. */
  #byStatus(episode: OomEpisode, watchedMs: number): Answer {
    if (watchedMs < STATUS_WAIT_MS) return { patienceMs: STATUS_WAIT_MS };
    const told = this.#statuses.evidenceOf(episode, this.#pods.entries(), this.#nowMs());
    return { attribution: told ?? attribute(episode, this.#pods, this.#ownLevels) };
  }
}
