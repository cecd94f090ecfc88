import { Lru } from './lru.ts';
import type { RowMap } from './row-map.ts';
import {
  type BucketRate,
  fullBucket,
  nextTokenAtMs,
  takeToken,
  type TokenBucket,
} from './token-bucket.ts';

/**
 * One token bucket for each spam key; a bucket that was forgotten is a full one.
 * client-go tools/record EventSourceObjectSpamFilter.
 */
export class SpamFilter {
  readonly #rate: BucketRate;
  readonly #buckets: Lru<TokenBucket>;

  /** `onForgotten` hears of each bucket that another one's space was taken from. */
  constructor(
    options: BucketRate & { readonly lruCacheSize: number },
    buckets: RowMap<TokenBucket>,
    onForgotten: (spamKey: string) => void,
  ) {
    this.#rate = options;
    this.#buckets = new Lru(options.lruCacheSize, buckets, onForgotten);
  }

  /**
   * Takes a token where there is one; using a bucket in vain is a use all the same.
   * client-go tools/record EventSourceObjectSpamFilter.Filter, the other way round.
   */
  tryAccept(spamKey: string, nowMs: number): boolean {
    const bucket = this.#bucketOf(spamKey, nowMs);
    const taken = takeToken(bucket, nowMs, this.#rate);
    this.#buckets.set(spamKey, taken ?? bucket);
    return taken !== undefined;
  }

  /** Uses a bucket and leaves its tokens to those who wait for them. */
  touch(spamKey: string, nowMs: number): void {
    this.#buckets.set(spamKey, this.#bucketOf(spamKey, nowMs));
  }

  /** When a bucket next has a token; `-Infinity` where it was forgotten. */
  nextTokenAtMs(spamKey: string): number {
    const bucket = this.#buckets.get(spamKey);
    return bucket === undefined ? -Infinity : nextTokenAtMs(bucket, this.#rate);
  }

  #bucketOf(spamKey: string, nowMs: number): TokenBucket {
    return this.#buckets.get(spamKey) ?? fullBucket(this.#rate, nowMs);
  }
}
