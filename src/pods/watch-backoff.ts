/** client-go tools/cache/reflector.go defaultBackoffInit. */
const FIRST_MS = 800;
/** client-go defaultBackoffMax; with the jitter a wait is at most twice this. */
const MAX_MS = 30_000;
/** client-go defaultBackoffFactor. */
const FACTOR = 2;
/** client-go defaultBackoffJitter: up to this part of the wait is added to it. */
const JITTER = 1;
/**
 * client-go defaultBackoffReset: after this long without a wait the server counts as healthy. (That
 * is what client-go says; since 0.35 its code starts over every two minutes, outage or not.)
 */
const RESET_MS = 120_000;

/** `(now, limit) → how long to wait`, growing with each call up to the limit, plus its jitter. */
export type Backoff = (nowMs: number, limitMs?: number) => number;

/**
 * client-go's back-off (apimachinery wait.Backoff.DelayWithReset): 0.8 s doubling to 30 s, each wait
 * stretched by a random part of itself so that the nodes of a cluster do not come back together.
 */
export function watchBackoff(random: () => number): Backoff {
  let nextMs = FIRST_MS;
  let waitedUntilMs = Infinity;
  return (nowMs, limitMs = MAX_MS) => {
    if (nowMs - waitedUntilMs > RESET_MS) nextMs = FIRST_MS;
    const waitMs = Math.min(nextMs, limitMs) * (1 + JITTER * random());
    nextMs = Math.max(nextMs, Math.min(nextMs * FACTOR, limitMs));
    waitedUntilMs = nowMs + waitMs;
    return waitMs;
  };
}
