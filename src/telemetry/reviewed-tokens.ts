import { createHash } from 'node:crypto';
import type { Time } from '../clock.ts';
import { fullBucket, takeToken } from '../correlator/token-bucket.ts';
import type { Refusal, TokenReviewer, Wanted } from '../kube/token-reviewer.ts';

/** k8s.io/apiserver options DelegatingAuthenticationOptions.CacheTTL, DelegatingAuthorizationOptions.AllowCacheTTL and DenyCacheTTL. */
const LASTS_MS = 10_000;
/** Anybody in the cluster's network may show tokens: the API server is not to pay for that. */
const RATE = { burstSize: 10, qps: 2 };
/** As many as can be asked for while one lasts. */
const MAX_REMEMBERED = RATE.burstSize + (RATE.qps * LASTS_MS) / 1000;

/** What the API server said of tokens lately, and few questions to it. No token is kept, only what it hashes to. */
export class ReviewedTokens {
  readonly #reviewer: Pick<TokenReviewer, 'mayGet'>;
  readonly #clock: Pick<Time, 'monotonicMs'>;
  readonly #reviews = new Map<
    string,
    { readonly untilMs: number; readonly refusal: Promise<Refusal> }
  >();
  #bucket;

  constructor(reviewer: Pick<TokenReviewer, 'mayGet'>, clock: Pick<Time, 'monotonicMs'>) {
    this.#reviewer = reviewer;
    this.#clock = clock;
    this.#bucket = fullBucket(RATE, clock.monotonicMs());
  }

  /** @returns what the API server says, or `busy` where it is not to be asked now */
  mayGet(token: string, wanted: Wanted): Promise<Refusal> | 'busy' {
    const nowMs = this.#clock.monotonicMs();
    const key = createHash('sha256')
      .update(JSON.stringify([token, wanted]))
      .digest('hex');
    const known = this.#reviews.get(key);
    if (known !== undefined && nowMs < known.untilMs) return known.refusal;
    const bucket = takeToken(this.#bucket, nowMs, RATE);
    if (bucket === undefined) return 'busy';
    this.#bucket = bucket;
    const refusal = this.#reviewer.mayGet(token, wanted);
    this.#reviews.delete(key);
    this.#reviews.set(key, { untilMs: nowMs + LASTS_MS, refusal });
    const [oldest = ''] = this.#reviews.keys();
    if (this.#reviews.size > MAX_REMEMBERED) this.#reviews.delete(oldest);
    return refusal;
  }
}
