import type { Time } from '../clock.ts';

/** However many ask, it is rendered once in so long; no scraper and no person asks more often. */
const LASTS_MS = 250;

/**
 * One rendering for all who ask at the same time, so that a flood costs no more than one does: the
 * time to render it, and the memory of one copy that every answer is sent from.
 */
export function shareRendering(
  clock: Pick<Time, 'monotonicMs'>,
  render: () => Promise<string>,
): () => Promise<Buffer> {
  let untilMs = -Infinity;
  let latest: Promise<Buffer>;
  return () => {
    const nowMs = clock.monotonicMs();
    if (untilMs <= nowMs) {
      untilMs = nowMs + LASTS_MS;
      latest = render().then((text) => Buffer.from(text));
    }
    return latest;
  };
}
