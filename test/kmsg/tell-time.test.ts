import { expect, test } from 'vitest';
import { clockSinceBoot, tellTime } from '../../src/kmsg/tell-time.ts';
import { kernelSays } from '../support/kernel-says.ts';
import { marbles } from '../support/marbles.ts';

const BOOT_MS = Date.UTC(2026, 10, 22);
const [RECORD] = kernelSays('any');

test('a saved record was written so long after its boot', () => {
  expect(RECORD && clockSinceBoot(BOOT_MS).date(RECORD).atMs).toBe(BOOT_MS + 1_000_000);
});

test('each record is dated once, in order; `drained` is told to the clock', () => {
  marbles(({ cold, expectObservable }) => {
    let asked = 0;
    const drains: number[] = [];
    const clock = {
      date: () => ({ atMs: (asked += 1), live: false }),
      drained: (atMs: number) => void drains.push(atMs),
    };
    const drained = { kind: 'drained', atMs: 5 } as const;
    const record = RECORD ?? drained;
    expectObservable(cold('r-d-r#', { r: record, d: drained }).pipe(tellTime(clock))).toBe(
      'r-d-s#',
      {
        r: { ...record, atMs: 1, live: false },
        s: { ...record, atMs: 2, live: false },
        d: drained,
      },
    );
  });
});
