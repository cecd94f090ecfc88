import { ApiError } from '../kube/api-errors.ts';

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

/** metav1.CauseTypeResourceVersionTooLarge: ours is ahead of the server's, which was restored from a backup. */
const TOO_LARGE = 'ResourceVersionTooLarge';

/** apierrors.IsTooManyRequests. */
const THROTTLED = 429;

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
  const said = err instanceof ApiError ? err : undefined;
  const pauseAtLeastMs = said?.retryAfterMs ?? 0;
  const isAhead = said?.causes.includes(TOO_LARGE) === true;
  const isLost = isAhead || said?.code === 'E_API_GONE';
  if (verb === 'list' && isLost && resourceVersion !== '') return { ...relist(''), pause: 'none' };
  if (verb === 'watch' && isAhead) return relist('');
  if (isCutOff(before, said)) {
    return lasted(before, atMs) && !wereSkipped
      ? watchFrom(resourceVersion)
      : { ...relist(resourceVersion), pause: 'short' };
  }
  if (verb === 'watch' && said?.status === THROTTLED) {
    return { request: before.request, pause: 'backoff', pauseAtLeastMs };
  }
  return { ...relist(resourceVersion), pauseAtLeastMs };
}

/** The connection broke under an open watch: its version is as good as ever. */
function isCutOff({ openedAtMs }: Ended, said: ApiError | undefined): boolean {
  return openedAtMs !== undefined && said?.code === 'E_API_UNREACHABLE';
}

export function watchFrom(resourceVersion: string): Next {
  return { request: { verb: 'watch', resourceVersion }, pause: 'none', pauseAtLeastMs: 0 };
}

function relist(resourceVersion: string): Next {
  return { request: { verb: 'list', resourceVersion }, pause: 'backoff', pauseAtLeastMs: 0 };
}
