import type { Time } from '../clock.ts';

/** However many ask, it is rendered once in so long; no scraper and no person asks more often. */
const LASTS_MS = 250;

interface Rendering<T> {
  readonly key: string;
  readonly answer: Promise<T>;
}

/** Where not everybody asks for the same. */
export interface Variants<A extends readonly unknown[], T> {
  /** What is asked for: the same key, the same answer. */
  keyOf(...asked: A): string;
  /** What is answered while another already waits for its turn. */
  readonly busy: T;
}

/**
 * One rendering for all who ask for the same at the same time, so that a flood costs no more than one does: the
 * time to render it, and the memory of one copy that every answer is sent from. One who asks for something
 * else waits until what is under way is done, and others are told that it is busy.
 */
export function shareRendering<A extends readonly unknown[], T>(
  clock: Pick<Time, 'monotonicMs'>,
  render: (...asked: A) => Promise<T>,
  variants?: Variants<A, T>,
): (...asked: A) => Promise<T> {
  let latest: Rendering<T> | undefined;
  let waiting: Rendering<T> | undefined;
  /** When the latest one is no longer shown; endless while it is under way. */
  let untilMs = -Infinity;

  const begin = (key: string, asked: A): Promise<T> => {
    const answer = render(...asked).finally(() => (untilMs = clock.monotonicMs() + LASTS_MS));
    [latest, waiting, untilMs] = [{ key, answer }, undefined, Infinity];
    return answer;
  };
  return async (...asked) => {
    const key = variants?.keyOf(...asked) ?? '';
    if (latest?.key === key && clock.monotonicMs() < untilMs) return latest.answer;
    if (latest === undefined || untilMs !== Infinity) return begin(key, asked);
    if (waiting === undefined) {
      const answer = latest.answer.catch(() => undefined).then(() => begin(key, asked));
      waiting = { key, answer };
    }
    return waiting.key === key || variants === undefined ? waiting.answer : variants.busy;
  };
}
