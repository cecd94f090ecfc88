import { createHash } from 'node:crypto';
import type { Time } from '../clock.ts';
import { fullBucket, takeToken } from '../correlator/token-bucket.ts';
import type { Refusal, Wanted } from '../kube/token-reviewer.ts';

/** k8s.io/apiserver options DelegatingAuthenticationOptions.CacheTTL, DelegatingAuthorizationOptions.AllowCacheTTL and DenyCacheTTL. */
const LASTS_MS = 10_000;
/** Anybody in the cluster's network may show tokens: the API server is not to pay for that. */
const RATE = { burstSize: 10, qps: 2 };
/** As many as can be asked for while one lasts. */
const MAX_REMEMBERED = RATE.burstSize + (RATE.qps * LASTS_MS) / 1000;

/** Why a token does not do, as the API server says it, or `busy` where it is not to be asked now. */
export type ReviewToken = (token: string, wanted: Wanted) => Promise<Refusal> | 'busy';

/** What the API server said of tokens lately, and few questions to it. No token is kept, only what it hashes to. */
export function reviewTokens(
  ask: (token: string, wanted: Wanted) => Promise<Refusal>,
  clock: Pick<Time, 'monotonicMs'>,
): ReviewToken {
  const reviews = new Map<
    string,
    { readonly untilMs: number; readonly refusal: Promise<Refusal> }
  >();
  let bucket = fullBucket(RATE, clock.monotonicMs());
  return (token, wanted) => {
    const nowMs = clock.monotonicMs();
    const key = createHash('sha256')
      .update(JSON.stringify([token, wanted]))
      .digest('hex');
    const known = reviews.get(key);
    if (known !== undefined && nowMs < known.untilMs) return known.refusal;
    const left = takeToken(bucket, nowMs, RATE);
    if (left === undefined) return 'busy';
    bucket = left;
    const refusal = ask(token, wanted);
    reviews.delete(key);
    reviews.set(key, { untilMs: nowMs + LASTS_MS, refusal });
    const [oldest = ''] = reviews.keys();
    if (reviews.size > MAX_REMEMBERED) reviews.delete(oldest);
    return refusal;
  };
}
