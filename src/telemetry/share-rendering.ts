import type { Time } from '../clock.ts';

/** However many ask, it is rendered once in so long; no scraper and no person asks more often. */
const LASTS_MS = 250;

/**
 * One rendering for all who ask for the same at the same time, so that a flood costs no more than one does: the
 * time to render it, and the memory of one copy that every answer is sent from. Who asks for something else
 * waits until what is under way is done.
 *
 * @param keyOf what was asked for: the same key, the same answer
 */
export function shareRendering<A extends readonly unknown[], T>(
  clock: Pick<Time, 'monotonicMs'>,
  render: (...asked: A) => Promise<T>,
  keyOf: (...asked: A) => string = () => '',
): (...asked: A) => Promise<T> {
  let untilMs = -Infinity;
  let latestKey = '';
  let latest: Promise<T> | undefined;
  return (...asked) => {
    const nowMs = clock.monotonicMs();
    const key = keyOf(...asked);
    if (latest === undefined || key !== latestKey || untilMs <= nowMs) {
      const before = latest?.catch(() => undefined) ?? Promise.resolve();
      latest = before.then(() => render(...asked));
      [latestKey, untilMs] = [key, nowMs + LASTS_MS];
    }
    return latest;
  };
}
