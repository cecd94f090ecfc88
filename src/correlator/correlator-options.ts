import { aggregateByContainer, spamKeyByContainer } from './event-keys.ts';
import type { RecordedEvent } from './recorded-event.ts';

/** client-go tools/record maxLruCacheEntries. */
const MAX_LRU_CACHE_ENTRIES = 4096;
/** client-go tools/record defaultSpamBurst: so many Events about one thing may come at once. */
const SPAM_BURST = 25;
/** client-go tools/record defaultSpamQPS: after that, one every 5 minutes. */
const SPAM_QPS = 1 / 300;
/** client-go tools/record defaultAggregateMaxEvents: the tenth similar Event is combined. */
const AGGREGATE_MAX_EVENTS = 10;
/** client-go tools/record defaultAggregateIntervalInSeconds: in a rolling 10 minutes. */
const AGGREGATE_INTERVAL_SECONDS = 600;
/** client-go tools/record EventAggregatorByReasonMessageFunc. */
export const COMBINED_PREFIX = '(combined from similar events): ';

/**
 * client-go's `CorrelatorOptions` by their own names, and two of ours. As with `populateDefaults`
 * there, 0 is the default too. `Clock` is no option: the time comes in with every Event.
 */
export interface CorrelatorOptions {
  /** Bounds each of the three caches, and the held Events. */
  readonly lruCacheSize?: number;
  readonly burstSize?: number;
  /** Tokens a second; a Go float32. Negative: none ever returns. */
  readonly qps?: number;
  /**
   * client-go tools/record EventAggregatorKeyFunc: the group an Event joins. Who it is in it, the
   * `localKey` there, is always its message.
   */
  readonly keyFunc?: (event: RecordedEvent) => string;
  readonly messageFunc?: (event: RecordedEvent) => string;
  /** Negative: nothing is ever combined, for Go makes a `uint` of it. */
  readonly maxEvents?: number;
  readonly maxIntervalInSeconds?: number;
  /** client-go tools/record EventSpamKeyFunc: the token bucket an Event is paid from. */
  readonly spamKeyFunc?: (event: RecordedEvent) => string;
  /** Names a combined Event. Unless told, it takes over the name of the kill that began it. */
  readonly nameEvent?: (event: RecordedEvent, atMs: number) => string;
  /** Whether skipped Events are held until a token returns. client-go forgets them. */
  readonly catchUp?: boolean;
}

/** Every option, decided. client-go tools/record populateDefaults. */
export function withDefaults(options: CorrelatorOptions): Required<CorrelatorOptions> {
  return {
    lruCacheSize: options.lruCacheSize || MAX_LRU_CACHE_ENTRIES,
    burstSize: options.burstSize || SPAM_BURST,
    qps: Math.fround(options.qps || SPAM_QPS),
    keyFunc: options.keyFunc ?? aggregateByContainer,
    messageFunc: options.messageFunc ?? ((event) => COMBINED_PREFIX + event.message),
    maxEvents: neverIfNegative(options.maxEvents || AGGREGATE_MAX_EVENTS),
    maxIntervalInSeconds: options.maxIntervalInSeconds || AGGREGATE_INTERVAL_SECONDS,
    spamKeyFunc: options.spamKeyFunc ?? spamKeyByContainer,
    nameEvent: options.nameEvent ?? ((event) => event.metadata.name),
    catchUp: options.catchUp ?? true,
  };
}

function neverIfNegative(limit: number): number {
  return limit < 0 ? Infinity : limit;
}
