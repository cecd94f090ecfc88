import { RecorderError } from '../errors.ts';
import { ApiError, type ApiErrorCode } from '../kube/api-errors.ts';
import { backOffMs, type FailedTries } from '../retry.ts';

export interface Retry {
  readonly outcome: 'retried';
  readonly delayMs: number;
}

export interface Drop {
  readonly outcome: 'gave-up' | 'refused';
  /** In the nature of things: nobody needs to look. */
  readonly quiet: boolean;
}

/** What is known about the row when an attempt failed. */
export interface FailedAttempt extends Pick<FailedTries, 'failures' | 'random'> {
  /** How long it has been in the outbox, whatever was done to the wall clock meanwhile. */
  readonly ageMs: number;
}

/** A day-old Event helps nobody; client-go gives up after 12 tries, about 2 minutes. */
const GIVE_UP_AFTER_MS = 24 * 60 * 60_000;

/** Who was refused waits for somebody to change a rule, and keeps no other Event waiting. */
const MAX_REFUSED_DELAY_MS = 10 * 60_000;

/**
 * Whether to try again, and when. An error we have no class for is a bug or a failing disk: the row
 * must survive it, so it is tried again like the others.
 */
export function judgeFailure(err: unknown, attempt: FailedAttempt): Retry | Drop {
  if (err instanceof RecorderError && !err.retryable)
    return { outcome: 'refused', quiet: isQuiet(err) };
  if (attempt.ageMs >= GIVE_UP_AFTER_MS) return { outcome: 'gave-up', quiet: false };
  const askedMs = err instanceof ApiError ? err.retryAfterMs : undefined;
  const maxMs = isRefused(err) ? MAX_REFUSED_DELAY_MS : undefined;
  return { outcome: 'retried', delayMs: backOffMs({ ...attempt, askedMs, maxMs }) };
}

const AWAY_CODES: ReadonlySet<ApiErrorCode> = new Set([
  'E_API_UNREACHABLE',
  'E_API_TIMEOUT',
  'E_API_CREDENTIALS',
  'E_API_UNAUTHORIZED',
]);
/** Service unavailable; and what a load balancer says that has no servers, or none that answer. */
const AWAY_STATUSES: ReadonlySet<number | undefined> = new Set([502, 503, 504]);

/** Whether any other request would have failed as well. */
export function isServerAway(err: unknown): boolean {
  return err instanceof ApiError && (AWAY_CODES.has(err.code) || AWAY_STATUSES.has(err.status));
}

const REFUSALS: ReadonlySet<ApiErrorCode> = new Set(['E_API_FORBIDDEN', 'E_API_GARBLED']);

/**
 * Whether it was turned away by a rule that may change, or by what stands before the API server. It
 * tells nothing about other requests, not even that the API server is there.
 */
export function isRefused(err: unknown): boolean {
  return err instanceof ApiError && err.retryable && REFUSALS.has(err.code);
}

/** The namespace is going (no other 403 is final) or gone, and its Events with it. */
function isQuiet(err: RecorderError): boolean {
  if (!(err instanceof ApiError)) return false;
  return err.code === 'E_API_FORBIDDEN' || (err.status === 404 && err.subjectKind === 'namespaces');
}
