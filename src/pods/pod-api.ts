import type { ObservableInput } from 'rxjs';
import type { TooLargeError } from '../kube/json-text.ts';
import type { PodEntry } from './pod-directory.ts';

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
 * Promise or an async iterable in production, a marble in tests. They fail with a {@link PodApiError}
 * (anything else counts as `unavailable`) and give up when `signal` says so.
 */
export interface PodApi {
  list(resourceVersion: string, signal: AbortSignal): ObservableInput<PodList>;
  watch(
    resourceVersion: string,
    timeoutSeconds: number,
    signal: AbortSignal,
  ): ObservableInput<WatchEvent>;
}

/**
 * - `expired`: 410, the resource version has been compacted away.
 * - `too-large`: the resource version is ahead of the server's: it was restored from a backup.
 * - `throttled`: 429, perhaps with a Retry-After.
 * - `interrupted`: the connection broke under an open watch; its resource version is as good as ever.
 * - `silent`: an open connection on which nothing came for too long.
 * - `unavailable`: everything else. All of them are worth another try, for ever.
 */
export type PodApiReason =
  | 'expired'
  | 'too-large'
  | 'throttled'
  | 'interrupted'
  | 'silent'
  | 'unavailable';

/** Why a list or a watch failed, classified by the adapter that saw it. */
export class PodApiError extends Error {
  override readonly name = 'PodApiError';
  readonly code = 'E_POD_API';
  readonly retryable = true;
  readonly reason: PodApiReason;
  readonly retryAfterMs: number | undefined;

  constructor(
    reason: PodApiReason,
    message: string,
    options: ErrorOptions & { readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options);
    this.reason = reason;
    this.retryAfterMs = options.retryAfterMs;
  }
}
