import { ApiError } from '../kube/api-errors.ts';
import { BrokenLineError } from './json-lines.ts';
import { PodApiError, type PodApiReason } from './pod-api.ts';

/** metav1.CauseTypeResourceVersionTooLarge. */
const TOO_LARGE = 'ResourceVersionTooLarge';

/** What a failure means to the reflector. `open`: the watch had been accepted before. */
export function toPodApiError(doing: string, err: unknown, open = false): PodApiError {
  if (err instanceof PodApiError) return err;
  const retryAfterMs = err instanceof ApiError ? err.retryAfterMs : undefined;
  return new PodApiError(reasonOf(err, open), doing, { cause: err, retryAfterMs });
}

/** client-go reflector.go isExpiredError, isTooLargeResourceVersionError; apimachinery net.IsProbableEOF. */
function reasonOf(err: unknown, open: boolean): PodApiReason {
  if (err instanceof BrokenLineError) return err.unfinished ? 'interrupted' : 'unavailable';
  if (!(err instanceof ApiError)) return 'unavailable';
  if (err.status === 410) return 'expired';
  if (err.causes.includes(TOO_LARGE)) return 'too-large';
  if (err.status === 429) return 'throttled';
  return open && err.status === undefined ? 'interrupted' : 'unavailable';
}
