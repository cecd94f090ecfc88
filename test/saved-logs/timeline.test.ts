import { describe, expect, test } from 'vitest';
import type { SavedRecord } from '../../src/saved-logs/log-form.ts';
import { Timeline } from '../../src/saved-logs/timeline.ts';

const BOOT_MS = Date.UTC(2026, 10, 22, 11);
const AT_MS = Date.UTC(2026, 10, 22, 12);

function timesOf(records: readonly Partial<SavedRecord>[], bootMs?: number) {
  const timeline = new Timeline(bootMs);
  return records.map((record) => timeline.add({ message: '', ...record }));
}

describe('a record has the time of day', () => {
  test.each<[string, Partial<SavedRecord>, number | undefined, number, boolean]>([
    ['that its form tells', { wallMs: AT_MS, monotonicUs: 5 }, BOOT_MS, AT_MS, false],
    [
      'that follows from when the boot was',
      { monotonicUs: 2_000_000 },
      BOOT_MS,
      BOOT_MS + 2000,
      false,
    ],
    ['that is none, but since boot', { monotonicUs: 2_000_000 }, undefined, 2000, true],
    ['that is none at all', {}, undefined, 0, true],
    ['that is none, for no year is so late', { wallMs: 8.65e15 }, undefined, 0, true],
    ['that is none, for it is no number', { wallMs: Number.NaN }, undefined, 0, true],
    ['of the boot, where none since then is told', { monotonicUs: -1 }, BOOT_MS, 0, true],
    ['of the boot, where nobody was up so long', { monotonicUs: 1e300 }, BOOT_MS, 0, true],
  ])('%s', (_, record, bootMs, readAtMs, isSinceBoot) => {
    expect(timesOf([record], bootMs)).toMatchObject([{ record: { readAtMs }, isSinceBoot }]);
  });
});

describe('between two records there passed', () => {
  test.each<[string, Partial<SavedRecord>, Partial<SavedRecord>, number]>([
    [
      'what the kernel’s stamps say',
      { monotonicUs: 100, wallMs: AT_MS },
      { monotonicUs: 350, wallMs: AT_MS + 9000 },
      250,
    ],
    ['what stands between them', {}, { sinceLastUs: 42 }, 42],
    ['what finer stamps say', { wallMs: AT_MS + 0.5 }, { wallMs: AT_MS + 1.75 }, 1250],
    ['nothing within a second', { wallMs: AT_MS }, { wallMs: AT_MS }, 0],
    [
      'nothing for certain, from one second to the next',
      { wallMs: AT_MS },
      { wallMs: AT_MS + 1000 },
      0,
    ],
    [
      'a second for certain, from one to the one after the next',
      { wallMs: AT_MS },
      { wallMs: AT_MS + 2000 },
      1_000_000,
    ],
    ['nothing where the clock was set back', { wallMs: AT_MS }, { wallMs: AT_MS - 3_600_000 }, 0],
  ])('%s', (_, first, second, us) => {
    const [a, b] = timesOf([first, second]);
    expect((b?.record.monotonicUs ?? 0) - (a?.record.monotonicUs ?? 0)).toBe(us);
  });
});

describe('another boot', () => {
  test.each<[string, boolean, Partial<SavedRecord>, Partial<SavedRecord>]>([
    ['has another boot id', true, { bootId: 'a', monotonicUs: 1 }, { bootId: 'b', monotonicUs: 2 }],
    [
      'has not the same one, whatever the stamps say',
      false,
      { bootId: 'a', monotonicUs: 9e9 },
      { bootId: 'a', monotonicUs: 2 },
    ],
    [
      'begins where the kernel’s time goes back',
      true,
      { monotonicUs: 90_000_000 },
      { monotonicUs: 0 },
    ],
    [
      'does not begin where CPUs are in disorder',
      false,
      { monotonicUs: 90_000_000 },
      { monotonicUs: 89_900_000 },
    ],
    [
      'begins with the kernel’s banner, where stamps tell nothing',
      true,
      { wallMs: AT_MS },
      { wallMs: AT_MS + 9000, message: 'Linux version 6.12.1 (builder@host)' },
    ],
    [
      'does not begin with what a process says',
      false,
      { wallMs: AT_MS },
      { wallMs: AT_MS, facility: 1, message: 'Linux version 6.12.1' },
    ],
  ])('%s', (_, isAnother, first, second) => {
    const [a, b] = timesOf([first, second]);
    expect([a?.beginsBoot, b?.beginsBoot]).toEqual([false, isAnother]);
  });

  test('has not the boot time that was told of the first', () => {
    const times = timesOf([{ monotonicUs: 9_000_000 }, { monotonicUs: 0 }], BOOT_MS);
    expect(times.map(({ isSinceBoot }) => isSinceBoot)).toEqual([false, true]);
  });
});

test('what no form tells is made up: an order, a facility, which records are pieces', () => {
  const timeline = new Timeline(undefined);
  const messages = ['usb 1-1: new device', 'Out of memory: Killed process 1 (a) total-vm:1kB'];
  const records = messages.map((message) => timeline.add({ message }).record);
  expect(records).toMatchObject([
    { sequence: 1, facility: 0, flag: 'c' },
    { sequence: 2, facility: 0, flag: '-' },
  ]);
  expect(timeline.believed).toBe(2);
});
