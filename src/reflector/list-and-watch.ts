import {
  catchError,
  concatWith,
  defer,
  map,
  Observable,
  type ObservableInput,
  of,
  type SchedulerLike,
  take,
  throwError,
  throwIfEmpty,
  timeout,
} from 'rxjs';
import { ApiError } from '../kube/api-errors.ts';
import { garbled } from '../kube/classify-failure.ts';
import type { TooLargeError } from '../kube/json-text.ts';
import { text } from '../kube/loose-json.ts';
import type { PodEntry } from '../pods/pod-directory.ts';
import { toPodEntry } from '../pods/pod-entry.ts';
import type { ApiRequest } from './next-request.ts';
import type { Progress } from './reflector-step.ts';

/** One answer to a list call: what is kept of each pod. */
export interface PodList {
  readonly pods: readonly PodEntry[];
  /** One for each pod that was too large to be read. */
  readonly skipped: readonly TooLargeError[];
  readonly resourceVersion: string;
}

/**
 * `OPENED` is ours: the server has accepted the watch. A quiet node says nothing else for a minute. So is
 * `TOO_LARGE`: an event nobody can read, of any of the other types.
 */
export type WatchEvent =
  | { readonly type: 'OPENED' }
  | { readonly type: 'TOO_LARGE'; readonly err: TooLargeError }
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: unknown };

/**
 * This node's pods, as the API server tells them. Both calls are cold, one value stream each: a
 * Promise or an async iterable in production, a marble in tests. They fail with an `ApiError`
 * and give up when `signal` says so.
 */
export interface PodApi {
  list(resourceVersion: string, signal: AbortSignal): ObservableInput<PodList>;
  watch(
    resourceVersion: string,
    timeoutSeconds: number,
    signal: AbortSignal,
  ): ObservableInput<WatchEvent>;
}

/** What the API server said about this node's pods, in its order. */
export type DirectoryChange =
  | { readonly kind: 'replaced'; readonly pods: readonly PodEntry[] }
  | { readonly kind: 'applied' | 'deleted'; readonly pod: PodEntry };

/** client-go reflector.go defaultMinWatchTimeout; the server ends a watch after once to twice this. */
const MIN_WATCH_SECONDS = 300;
/**
 * apiserver cacher.go defaultBookmarkFrequency is one minute, changes or not (measured on 1.36: 60.6 s,
 * 120.4 s, 180.0 s): three without a word and nobody is there. A server without bookmarks only costs a
 * list every three minutes. A peer that is gone is noticed sooner, by undici's TCP keep-alive, in 70 s.
 */
const SILENCE_MS = 3 * 60_000;
/** kube-apiserver `--request-timeout`: it gives a list no longer either. */
const LIST_TIMEOUT_MS = 60_000;

/** Where changes go: the directory. */
export type Handle = (change: DirectoryChange) => void;

interface Env {
  readonly random: () => number;
  readonly scheduler: SchedulerLike;
}

/** One request, from its start to whatever ends it. Never fails: a failure is how it ended. */
export function perform(
  api: PodApi,
  request: ApiRequest,
  handle: Handle,
  env: Env,
): Observable<Progress> {
  const work = request.verb === 'list' ? list : watch;
  return work(api, request.resourceVersion, handle, env).pipe(
    catchError((err: unknown) => of({ kind: 'failed', atMs: env.scheduler.now(), err } as const)),
  );
}

function list(api: PodApi, version: string, handle: Handle, env: Env): Observable<Progress> {
  return abortable((signal) => api.list(version, signal)).pipe(
    take(1),
    throwIfEmpty(() => garbled('list pods: no answer')),
    timeout({
      first: LIST_TIMEOUT_MS,
      scheduler: env.scheduler,
      with: late('list pods', LIST_TIMEOUT_MS),
    }),
    map(({ pods, skipped, resourceVersion }) => {
      handle({ kind: 'replaced', pods });
      return { kind: 'listed', resourceVersion, skipped } as const;
    }),
  );
}

function watch(api: PodApi, version: string, handle: Handle, env: Env): Observable<Progress> {
  const { random, scheduler } = env;
  const timeoutSeconds = Math.floor(MIN_WATCH_SECONDS * (1 + random()));
  return abortable((signal) => api.watch(version, timeoutSeconds, signal)).pipe(
    timeout({ each: SILENCE_MS, scheduler, with: late('watch pods', SILENCE_MS) }),
    map((event) => progressOf(event, handle, scheduler.now())),
    concatWith(defer(() => of({ kind: 'closed', atMs: scheduler.now() } as const))),
  );
}

function late(doing: string, afterMs: number): () => Observable<never> {
  const message = `${doing}: nothing came for ${afterMs / 1000} s`;
  return () => throwError(() => new ApiError(message, { code: 'E_API_TIMEOUT', retryable: true }));
}

/** Hands an event on. Its resource version counts even where the change was passed over. */
function progressOf(event: WatchEvent, handle: Handle, atMs: number): Progress {
  if (event.type === 'OPENED') return { kind: 'opened', atMs };
  if (event.type === 'TOO_LARGE') return { kind: 'skipped', err: event.err };
  const resourceVersion = text(event.object, 'metadata', 'resourceVersion');
  const pod = event.type === 'BOOKMARK' ? undefined : toPodEntry(event.object);
  try {
    if (pod !== undefined) handle({ kind: event.type === 'DELETED' ? 'deleted' : 'applied', pod });
    return { kind: 'event', resourceVersion };
  } catch (err) {
    return { kind: 'skipped', resourceVersion, err };
  }
}

/** Runs something that takes a signal; the signal says when nobody wants its answer any more. */
function abortable<T>(start: (signal: AbortSignal) => ObservableInput<T>): Observable<T> {
  return new Observable((subscriber) => {
    const controller = new AbortController();
    subscriber.add(() => controller.abort());
    defer(() => start(controller.signal)).subscribe(subscriber);
  });
}
