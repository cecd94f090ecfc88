import { describe, expect, test } from 'vitest';
import { type StampKind, STAMPS, timeOf } from '../../src/saved-logs/stamps.ts';

/** Of this machine's zone, as the stamps without one are. */
const local = (...at: [number, number, number, number, number, number]): number =>
  new Date(...at).getTime();
const NOW_MS = local(2026, 10, 26, 12, 0, 0);

function read(kind: StampKind, text: string) {
  const groups = new RegExp(`^${STAMPS[kind]}$`).exec(text)?.groups;
  return groups && timeOf(groups, NOW_MS);
}

describe('a stamp tells', () => {
  test.each<[StampKind, string, object]>([
    ['boot', '[    0.000000]', { monotonicUs: 0 }],
    ['boot', '[1234567.000042]', { monotonicUs: 1_234_567_000_042 }],
    ['boot', '[   22.731699 <    0.000041>]', { monotonicUs: 22_731_699 }],
    ['delta', '[<    1.500000>]', { sinceLastUs: 1_500_000 }],
    ['reltime', '[  +0.000041]', { sinceLastUs: 41 }],
    ['reltime', '[ +13.000041]', { sinceLastUs: 13_000_041 }],
    ['reltime', '[Nov26 08:06]', { sinceLastUs: 0 }],
    [
      'commaIso',
      '2026-11-26T08:06:22,347026+01:00',
      { wallMs: Date.UTC(2026, 10, 26, 7, 6, 22) + 347.026 },
    ],
    ['iso', '2026-11-26T08:06:22Z', { wallMs: Date.UTC(2026, 10, 26, 8, 6, 22) }],
    ['iso', '2026-11-26T08:06:22.5-0330', { wallMs: Date.UTC(2026, 10, 26, 11, 36, 22) + 500 }],
    ['full', 'Thu 2026-11-26 08:06:22 UTC', { wallMs: Date.UTC(2026, 10, 26, 8, 6, 22) }],
    ['full', 'Thu 2026-11-26 08:06:22 CEST', { wallMs: local(2026, 10, 26, 8, 6, 22) }],
    ['full', 'Thu 2026-11-26 08:06:22 +03', { wallMs: Date.UTC(2026, 10, 26, 5, 6, 22) }],
    ['unix', '1795345222.732699', { wallMs: 1_795_345_222_732.699 }],
    ['ctime', '[Thu Nov 26 08:06:22 2026]', { wallMs: local(2026, 10, 26, 8, 6, 22) }],
    ['ctime', '[Sun Mar  1 08:06:22 2026]', { wallMs: local(2026, 2, 1, 8, 6, 22) }],
    [
      'ctime',
      '[Thu Nov 26 08:06:22 2026 <    0.000041>]',
      { wallMs: local(2026, 10, 26, 8, 6, 22) },
    ],
    ['ctime', '[Xyz Xyz 26 08:06:22 2026]', { wallMs: undefined }],
    ['syslog', 'Nov 26 08:06:22', { wallMs: local(2026, 10, 26, 8, 6, 22) }],
    ['syslog', 'Nov  6 08:06:22.250000', { wallMs: local(2026, 10, 6, 8, 6, 22) + 250 }],
  ])('%s: %s', (kind, text, time) => {
    expect(read(kind, text)).toEqual(time);
  });

  test.each<[StampKind, string]>([
    ['boot', '[  144]'],
    ['boot', '[12.5]'],
    ['iso', '2026-11-26T08:06:22,347026+01:00'],
    ['syslog', '[   22.731699] node-1 08:00:00'],
  ])('%s: %s is none', (kind, text) => {
    expect(read(kind, text)).toBeUndefined();
  });
});

test.each([
  ['Dec 31 23:59:59', 2025],
  ['Nov 27 06:00:00', 2026],
  ['Nov 28 06:00:00', 2025],
  ['Jan  1 00:00:00', 2026],
])(
  '%s without a year was in %i: a log is not of the future, but for clocks that differ',
  (text, year) => {
    expect(new Date(read('syslog', text)?.wallMs ?? 0).getFullYear()).toBe(year);
  },
);
