import { describe, expect, test } from 'vitest';
import { parseSince } from '../src/parse-since.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 12);
const MINUTE_MS = 60_000;

describe('from when on is', () => {
  test.for<[string, number]>([
    ['0s', 0],
    ['30s', MINUTE_MS / 2],
    ['90m', 90 * MINUTE_MS],
    ['24h', 24 * 60 * MINUTE_MS],
    ['1.5h', 90 * MINUTE_MS],
    ['1h30m', 90 * MINUTE_MS],
    ['7d', 7 * 24 * 60 * MINUTE_MS],
  ])('%s ago', ([text, agoMs]) => {
    expect(parseSince(text, NOW_MS)).toBe(NOW_MS - agoMs);
  });

  test.for<[string, number]>([
    ['2026-11-22T11:00:00Z', Date.UTC(2026, 10, 22, 11)],
    ['2026-11-22t11:00:00.250z', Date.UTC(2026, 10, 22, 11, 0, 0, 250)],
    ['2026-11-22T12:00:00+01:00', Date.UTC(2026, 10, 22, 11)],
    ['2026-11-22', Date.UTC(2026, 10, 22)],
  ])('the time %s', ([text, ms]) => {
    expect(parseSince(text, NOW_MS)).toBe(ms);
  });

  test.for([
    '',
    ' ',
    '5',
    'm',
    '-5m',
    '5 m',
    '1.5.5h',
    '5w',
    'noon',
    '2026',
    '2026-13-22',
    '2026-11-22Z',
    '2026-11-22T11:00:00',
    '2026-13-01T00:00:00Z',
    '2026-11-22T11:00:00 01:00',
    `${'9'.repeat(400)}d`,
  ])('nothing that %j says', (text) => {
    expect(parseSince(text, NOW_MS)).toBeUndefined();
  });
});
