import { quantile } from '../support/quantile.ts';
import type { ServedRequest } from './audit-log.ts';

/** What some requests came to. */
export interface Requests {
  readonly count: number;
  /** By priority and fairness, 429. */
  readonly refused: number;
  /** For any other reason. */
  readonly failed: number;
  /** Within any second. */
  readonly peak: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const SECOND_MS = 1000;
const REFUSED = 429;
const FAILED = 400;

/** By what they ask for, the most frequent first, and all of them as `all`. */
export function summarize(requests: readonly ServedRequest[]): ReadonlyMap<string, Requests> {
  const kinds = [...Map.groupBy(requests, ({ what }) => what)];
  const sorted = kinds.toSorted(([, a], [, b]) => b.length - a.length);
  return new Map(
    [...sorted, ['all', requests] as const].map(([what, some]) => [what, sumUp(some)]),
  );
}

function sumUp(requests: readonly ServedRequest[]): Requests {
  const took = requests.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  return {
    count: requests.length,
    refused: requests.filter(({ code }) => code === REFUSED).length,
    failed: requests.filter(({ code }) => code >= FAILED && code !== REFUSED).length,
    peak: peakOf(requests.map(({ atMs }) => atMs).toSorted((a, b) => a - b)),
    p50Ms: quantile(took, 0.5) ?? 0,
    p99Ms: quantile(took, 0.99) ?? 0,
  };
}

/** How many there are at most from one of them on until a second later. */
function peakOf(timesMs: readonly number[]): number {
  let from = 0;
  return timesMs.reduce((most, atMs, at) => {
    while ((timesMs[from] ?? atMs) <= atMs - SECOND_MS) from += 1;
    return Math.max(most, at - from + 1);
  }, 0);
}
