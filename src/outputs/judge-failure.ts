import { backOffMs, type FailedTries } from '../retry.ts';
import type { Failure } from './output-client.ts';

export interface Retry {
  readonly outcome: 'retried';
  readonly delayMs: number;
}

export interface Drop {
  readonly outcome: 'gave-up' | 'refused';
  /** In the nature of things: nobody needs to look. */
  readonly quiet: boolean;
}

/** What is known about a delivery when an attempt failed. */
export interface FailedAttempt extends Pick<FailedTries, 'failures' | 'random'> {
  /** How long it has been in the store, whatever was done to the wall clock meanwhile. */
  readonly ageMs: number;
  readonly giveUpAfterMs?: number | undefined;
}

/** News of a day ago helps nobody; client-go gives up after 12 tries, about 2 minutes. */
const GIVE_UP_AFTER_MS = 24 * 60 * 60_000;

/** Who was denied waits for somebody to change a rule, and keeps no other waiting. */
const MAX_DENIED_DELAY_MS = 10 * 60_000;

/** Whether to try again, and when. */
export function judgeFailure(failure: Failure, attempt: FailedAttempt): Retry | Drop {
  if (failure.means === 'final') return { outcome: 'refused', quiet: failure.isQuiet ?? false };
  const { ageMs, giveUpAfterMs = GIVE_UP_AFTER_MS } = attempt;
  if (ageMs >= giveUpAfterMs) return { outcome: 'gave-up', quiet: false };
  const maxMs = failure.means === 'denied' ? MAX_DENIED_DELAY_MS : undefined;
  const delayMs = backOffMs({ ...attempt, askedMs: failure.retryAfterMs, maxMs });
  return { outcome: 'retried', delayMs };
}
