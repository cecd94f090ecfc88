import { expect, test } from 'vitest';
import { WatchedTime } from '../../src/recorder/watched-time.ts';

test('time passes only while the pods are watched', () => {
  let nowMs = 100;
  const watched = new WatchedTime({ monotonicMs: () => nowMs });
  const after = (ms: number): number => {
    nowMs += ms;
    return watched.ms;
  };
  expect([watched.isRunning, after(60_000)]).toEqual([false, 0]);
  watched.run(true);
  expect([watched.isRunning, after(2000)]).toEqual([true, 2000]);
  watched.run(false);
  expect(after(60_000)).toBe(2000);
  watched.run(true);
  watched.run(true);
  expect(after(1000)).toBe(3000);
});
