import { PodApiError } from './pod-api.ts';

/** What the reflector asks of the API server; one request is under way at any time. */
export interface ApiRequest {
  readonly verb: 'list' | 'watch';
  readonly resourceVersion: string;
}

/** What to ask next, and when. */
export interface Next {
  /** Under way, or next when the pause is over. */
  readonly request: ApiRequest;
  /** Before `request` starts: `short` where the network is in trouble and not the server. */
  readonly pause: 'none' | 'short' | 'backoff';
  /** At least this long, by the server's Retry-After. */
  readonly pauseAtLeastMs: number;
}

/** The request that ended, and since when its watch had been open. */
export interface Ended {
  readonly request: ApiRequest;
  readonly openedAtMs: number | undefined;
}

/** client-go reflector.go VeryShortWatchError: a watch that ends sooner is a server in trouble. */
const SHORT_WATCH_MS = 1000;

/**
 * A watch that lasted is simply taken up again; one that did not looks like a broken server. Where pods
 * were passed over a list tells, at least every 10 minutes, whether they are still there: their end may be
 * as unreadable as they are.
 */
export function afterEnd(before: Ended, atMs: number, wereSkipped: boolean): Next {
  const { resourceVersion } = before.request;
  if (!lasted(before, atMs)) return relist(resourceVersion);
  return wereSkipped ? { ...relist(resourceVersion), pause: 'none' } : watchFrom(resourceVersion);
}

function lasted({ openedAtMs }: Ended, atMs: number): boolean {
  return openedAtMs !== undefined && atMs - openedAtMs >= SHORT_WATCH_MS;
}

/**
 * As client-go's `watch` and `list` decide, with one exception: a watch is only ever taken up again at
 * once (or when throttled); where the server was out of reach meanwhile we list first. It may come back
 * with its etcd emptied or restored, and accepts a watch from a version ahead of its own: the watch
 * cache withholds every event until it has caught up, and what happened below is never told. The list
 * says `Too large resource version`, or everything; it is cheap, one node's pods from the cache. Where
 * pods were passed over a watch that was cut off is followed by a list, as one that ended is.
 */
export function afterFailure(
  before: Ended,
  atMs: number,
  err: unknown,
  wereSkipped: boolean,
): Next {
  const { verb, resourceVersion } = before.request;
  const reason = err instanceof PodApiError ? err.reason : 'unavailable';
  const pauseAtLeastMs = err instanceof PodApiError ? (err.retryAfterMs ?? 0) : 0;
  const lost = reason === 'expired' || reason === 'too-large';
  if (verb === 'list' && lost && resourceVersion !== '') return { ...relist(''), pause: 'none' };
  if (verb === 'watch' && reason === 'too-large') return relist('');
  if (verb === 'watch' && reason === 'interrupted') {
    return lasted(before, atMs) && !wereSkipped
      ? watchFrom(resourceVersion)
      : { ...relist(resourceVersion), pause: 'short' };
  }
  if (verb === 'watch' && reason === 'throttled') {
    return { request: before.request, pause: 'backoff', pauseAtLeastMs };
  }
  return { ...relist(resourceVersion), pauseAtLeastMs };
}

export function watchFrom(resourceVersion: string): Next {
  return { request: { verb: 'watch', resourceVersion }, pause: 'none', pauseAtLeastMs: 0 };
}

function relist(resourceVersion: string): Next {
  return { request: { verb: 'list', resourceVersion }, pause: 'backoff', pauseAtLeastMs: 0 };
}
