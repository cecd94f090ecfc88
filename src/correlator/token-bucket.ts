/** How a bucket fills. client-go util/flowcontrol NewTokenBucketPassiveRateLimiterWithClock. */
export interface BucketRate {
  readonly burstSize: number;
  /** Tokens a second. */
  readonly qps: number;
}

/** golang.org/x/time/rate Limiter, as far as it is used; plain JSON. */
export interface TokenBucket {
  readonly tokens: number;
  /** When `tokens` was right. */
  readonly lastMs: number;
}

const NANOSECONDS = 1_000_000_000;

/** A bucket nobody took from. golang.org/x/time/rate NewLimiter. */
export function fullBucket(rate: BucketRate, nowMs: number): TokenBucket {
  return { tokens: rate.burstSize, lastMs: nowMs };
}

/**
 * The bucket after a token was taken, or `undefined` where there is none.
 * golang.org/x/time/rate Limiter.reserveN with n = 1, which only a success changes.
 *
 * The missing part of a token is turned into whole nanoseconds before it is compared with none, so
 * that rounding in the last digits does not cost a token. The arithmetic is Go's, step by step.
 */
export function takeToken(
  bucket: TokenBucket,
  nowMs: number,
  rate: BucketRate,
): TokenBucket | undefined {
  const refilled = bucket.tokens + tokensFromDuration(nowMs - bucket.lastMs, rate.qps);
  const tokens = Math.min(refilled, rate.burstSize) - 1;
  const accepted = rate.burstSize >= 1 && durationFromTokens(-tokens, rate.qps) <= 0;
  return accepted ? { tokens, lastMs: nowMs } : undefined;
}

/** The first millisecond in which the bucket has a token; `Infinity` when it never will. */
export function nextTokenAtMs(bucket: TokenBucket, rate: BucketRate): number {
  if (takeToken(bucket, bucket.lastMs, rate) !== undefined) return bucket.lastMs;
  if (rate.qps <= 0 || rate.burstSize < 1) return Infinity;
  const missingMs = Math.ceil(((1 - bucket.tokens) / rate.qps) * 1000);
  let dueMs = bucket.lastMs + Math.max(0, missingMs - 1);
  if (!Number.isSafeInteger(Math.ceil(dueMs))) return Infinity;
  while (takeToken(bucket, dueMs, rate) === undefined) dueMs += 1;
  return dueMs;
}

/** golang.org/x/time/rate Limit.tokensFromDuration, with time.Duration.Seconds in it. */
function tokensFromDuration(durationMs: number, qps: number): number {
  if (qps <= 0) return 0;
  const seconds = Math.floor(durationMs / 1000);
  const nanoseconds = (durationMs % 1000) * 1_000_000;
  return (seconds + nanoseconds / NANOSECONDS) * qps;
}

/** golang.org/x/time/rate Limit.durationFromTokens, in ns; nothing missing is no wait. */
function durationFromTokens(missing: number, qps: number): number {
  if (missing <= 0) return 0;
  if (qps <= 0) return Infinity;
  return Math.trunc((missing / qps) * NANOSECONDS);
}
