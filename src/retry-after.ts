/** Whatever a server asks for, or a proxy that sends us away for a day, we look again within five minutes. */
const MAX_RETRY_AFTER_MS = 5 * 60_000;

/** How long to stay away: our own back-off, or what was asked for where that is longer. */
export function heedRetryAfter(backOffMs: number, askedMs = 0): number {
  return Math.max(backOffMs, Math.min(askedMs, MAX_RETRY_AFTER_MS));
}
