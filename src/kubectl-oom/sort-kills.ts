import type { OomKill } from './oom-kill.ts';

/** What the list can be sorted by: its columns. */
const KEYS = {
  namespace: ({ namespace = '' }: OomKill) => namespace,
  pod: ({ pod = '' }: OomKill) => pod,
  container: ({ container = '' }: OomKill) => container,
  process: ({ process }: OomKill) => process?.name ?? '',
  limit: ({ limitBytes = -1 }: OomKill) => limitBytes,
  last: ({ lastMs = -1 }: OomKill) => lastMs,
  count: ({ count }: OomKill) => count,
  node: ({ node = '' }: OomKill) => node,
} as const;

export type SortKey = keyof typeof KEYS;
export const SORT_KEYS = Object.keys(KEYS) as readonly SortKey[];

/**
 * Ascending, as kubectl sorts: the newest and the largest stand last, above the prompt. Equals are sorted by their age:
 * Events have whole seconds, so of one second by the kernel's count of its records.
 */
export function sortKills(kills: readonly OomKill[], by: SortKey): readonly OomKill[] {
  const key = KEYS[by];
  return kills.toSorted(
    (a, b) =>
      compare(key(a), key(b)) ||
      compare(KEYS.last(a), KEYS.last(b)) ||
      compare(sequenceOf(a), sequenceOf(b)),
  );
}

/** Of the kernel's record; those of another boot are seconds apart at least. */
function sequenceOf({ episode = '' }: OomKill): number {
  return Number(episode.slice(episode.lastIndexOf('-') + 1));
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : Number(a > b);
}
