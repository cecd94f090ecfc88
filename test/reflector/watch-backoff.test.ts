import { describe, expect, test } from 'vitest';
import { watchBackoff } from '../../src/reflector/reflect-pods.ts';

describe('watchBackoff', () => {
  test('doubles from 800 ms to 30 s', () => {
    const backoff = watchBackoff(() => 0);
    const waits = Array.from({ length: 8 }, () => backoff(0));
    expect(waits).toEqual([800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
  });

  test('stretches a wait to less than twice its length', () => {
    const backoff = watchBackoff(() => 0.5);
    expect([backoff(0), backoff(0)]).toEqual([1200, 2400]);
  });

  test('grows no further than it is told, and is never the same for two', () => {
    const backoff = watchBackoff(() => 0.5);
    const waits = Array.from({ length: 5 }, () => backoff(0, { maxMs: 4000 }));
    expect(waits).toEqual([1200, 2400, 4800, 6000, 6000]);
    expect(backoff(0)).toBe(6000);
    expect([backoff(0), backoff(0, { maxMs: 4000 })]).toEqual([12_000, 6000]);
  });

  test('stretches a short wait by as much as it is told, and a long one as ever', () => {
    const backoff = watchBackoff(() => 0.5);
    const waits = Array.from({ length: 6 }, () => backoff(0, { jitterMs: 10_000 }));
    expect(waits).toEqual([5800, 6600, 8200, 11_400, 19_200, 38_400]);
  });

  test('starts over after two minutes without a wait, and not sooner', () => {
    const backoff = watchBackoff(() => 0);
    expect(backoff(0)).toBe(800);
    expect(backoff(120_800)).toBe(1600);
    expect(backoff(120_800 + 1600 + 120_001)).toBe(800);
  });

  test('does not start over in the middle of an outage, however long one attempt takes', () => {
    const backoff = watchBackoff(() => 0.99);
    let nowMs = 0;
    const waits = Array.from({ length: 20 }, () => {
      const waitMs = backoff(nowMs);
      nowMs += waitMs + 60_000;
      return waitMs;
    });
    expect(waits.slice(6).every((waitMs) => waitMs > 30_000)).toBe(true);
  });
});
