import { afterEnd, afterFailure, type ApiRequest, type Next, watchFrom } from './next-request.ts';

/** What readiness, metrics and whoever waits for a pod may know of the reflector. */
export interface ReflectorState {
  /** A whole list has been applied: what the directory lacks is not there, as of some moment. */
  readonly synced: boolean;
  /** A watch is open: changes arrive as they happen. */
  readonly live: boolean;
  readonly lists: number;
  /** Watches opened. */
  readonly watches: number;
  /** Requests that failed and watches that broke. */
  readonly failures: number;
  /** Those since a watch was open. */
  readonly failuresInARow: number;
  /** Pods that were passed over by the last list, and changes since. */
  readonly skipped: number;
  readonly lastError?: unknown;
}

/** What happened to the request under way. `closed` and `failed` end it, and so does `listed`. */
export type Progress =
  | {
      readonly kind: 'listed';
      readonly resourceVersion: string;
      /** Why pods were passed over, one for each. */
      readonly skipped: readonly unknown[];
    }
  | { readonly kind: 'opened'; readonly atMs: number }
  | { readonly kind: 'event'; readonly resourceVersion: string | undefined }
  | {
      readonly kind: 'skipped';
      readonly resourceVersion?: string | undefined;
      readonly err: unknown;
    }
  | { readonly kind: 'closed'; readonly atMs: number }
  | { readonly kind: 'failed'; readonly atMs: number; readonly err: unknown };

/** All the reflector knows between two events. */
export interface ReflectorStep extends Next {
  readonly state: ReflectorState;
  readonly openedAtMs: number | undefined;
}

/** client-go reflector.go relistResourceVersion: the first list may come from the watch cache. */
export const FIRST_STEP: ReflectorStep = {
  state: {
    synced: false,
    live: false,
    lists: 0,
    watches: 0,
    failures: 0,
    failuresInARow: 0,
    skipped: 0,
  },
  request: { verb: 'list', resourceVersion: '0' },
  pause: 'none',
  pauseAtLeastMs: 0,
  openedAtMs: undefined,
};

/** The reflector as one step: `(what we knew, what happened) → what we know and ask next`. */
export function advance(before: ReflectorStep, progress: Progress): ReflectorStep {
  const { state, request } = before;
  switch (progress.kind) {
    case 'listed': {
      const { resourceVersion, skipped } = progress;
      const lastError = skipped[0] ?? state.lastError;
      return {
        ...then(watchFrom(resourceVersion)),
        state: {
          ...state,
          synced: true,
          lists: state.lists + 1,
          skipped: skipped.length,
          lastError,
        },
      };
    }
    case 'opened':
      return {
        ...before,
        state: { ...state, live: true, watches: state.watches + 1, failuresInARow: 0 },
        openedAtMs: progress.atMs,
      };
    case 'skipped':
      return {
        ...before,
        state: { ...state, skipped: state.skipped + 1, lastError: progress.err },
        request: seen(request, progress.resourceVersion),
      };
    case 'closed':
      return {
        ...then(afterEnd(before, progress.atMs, state.skipped > 0)),
        state: { ...state, live: false },
      };
    case 'failed': {
      const { err } = progress;
      const failures = state.failures + 1;
      const failuresInARow = state.failuresInARow + 1;
      return {
        ...then(afterFailure(before, progress.atMs, err, state.skipped > 0)),
        state: { ...state, live: false, failures, failuresInARow, lastError: err },
      };
    }
    case 'event':
    default:
      return { ...before, request: seen(request, progress.resourceVersion) };
  }
}

function then(next: Next): Omit<ReflectorStep, 'state'> {
  return { ...next, openedAtMs: undefined };
}

function seen(request: ApiRequest, resourceVersion = request.resourceVersion): ApiRequest {
  return { ...request, resourceVersion };
}
