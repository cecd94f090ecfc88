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
  /** Changes the directory refused. */
  readonly refused: number;
  readonly lastError?: unknown;
}

/** What happened to the request under way. `closed` and `failed` end it, and so does `listed`. */
export type Progress =
  | { readonly kind: 'listed'; readonly resourceVersion: string }
  | { readonly kind: 'opened'; readonly atMs: number }
  | { readonly kind: 'event'; readonly resourceVersion: string | undefined }
  | {
      readonly kind: 'refused';
      readonly resourceVersion: string | undefined;
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
  state: { synced: false, live: false, lists: 0, watches: 0, failures: 0, refused: 0 },
  request: { verb: 'list', resourceVersion: '0' },
  pause: 'none',
  pauseAtLeastMs: 0,
  openedAtMs: undefined,
};

/** The reflector as one step: `(what we knew, what happened) → what we know and ask next`. */
export function advance(before: ReflectorStep, progress: Progress): ReflectorStep {
  const { state, request } = before;
  switch (progress.kind) {
    case 'listed':
      return {
        ...then(watchFrom(progress.resourceVersion)),
        state: { ...state, synced: true, lists: state.lists + 1 },
      };
    case 'opened':
      return {
        ...before,
        state: { ...state, live: true, watches: state.watches + 1 },
        openedAtMs: progress.atMs,
      };
    case 'refused':
      return {
        ...before,
        state: { ...state, refused: state.refused + 1, lastError: progress.err },
        request: seen(request, progress.resourceVersion),
      };
    case 'closed':
      return { ...then(afterEnd(before, progress.atMs)), state: { ...state, live: false } };
    case 'failed': {
      const { err } = progress;
      return {
        ...then(afterFailure(before, progress.atMs, err)),
        state: { ...state, live: false, failures: state.failures + 1, lastError: err },
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
