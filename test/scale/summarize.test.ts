import { expect, test } from 'vitest';
import type { ServedRequest } from './audit-log.ts';
import { summarize } from './summarize.ts';

function request(atMs: number, more: Partial<ServedRequest> = {}): ServedRequest {
  return { what: 'list pods', atMs, tookMs: 1, code: 200, ...more };
}

test('counts by what is asked for, the most frequent first, and all together last', () => {
  const requests = [request(0, { what: 'get nodes' }), request(0), request(0)];
  const counts = [...summarize(requests)].map(([what, { count }]) => [what, count]);
  expect(counts).toEqual([
    ['list pods', 2],
    ['get nodes', 1],
    ['all', 3],
  ]);
});

test('tells the refused from those that failed', () => {
  const requests = [429, 429, 500, 201].map((code) => request(0, { code }));
  expect(summarize(requests).get('all')).toMatchObject({ count: 4, refused: 2, failed: 1 });
});

test('finds the busiest second wherever it begins', () => {
  const requests = [1900, 0, 1000, 1500, 2800, 2900].map((atMs) => request(atMs));
  expect(summarize(requests).get('all')?.peak).toBe(3);
});

test('knows how long half of them took at most, and all but a hundredth', () => {
  const requests = Array.from({ length: 200 }, (_, n) => request(0, { tookMs: 200 - n }));
  expect(summarize(requests).get('all')).toMatchObject({ p50Ms: 100, p99Ms: 198 });
});

test('is all zeros where nothing was asked', () => {
  const zeros = { count: 0, refused: 0, failed: 0, peak: 0, p50Ms: 0, p99Ms: 0 };
  expect([...summarize([])]).toEqual([['all', zeros]]);
});
