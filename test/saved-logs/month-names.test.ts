import { expect, test } from 'vitest';
import { monthOf } from '../../src/saved-logs/month-names.ts';

const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

test.each([
  ['English', 'Nov', 'Thu', 26, 10],
  ['German', 'Mär', 'Do', 26, 2],
  ['French', 'nov.', 'jeu.', 26, 10],
  ['Japanese', '11月', '木', 26, 10],
  ['Chinese', '2月', '四', 26, 1],
  ['Russian', 'ноя', 'Чт', 26, 10],
  ['Polish: November', 'lis', 'czw', 26, 10],
  ['Croatian: October', 'lis', 'Pon', 26, 9],
  ['Czech', 'lis', 'čt', 26, 10],
  ['nobody’s', 'xyz', 'abc', 26, undefined],
])('%s: %s', (_, name, weekday, day, month) => {
  expect(monthOf(bytes(name), { weekday: bytes(weekday), day, year: 2026 })).toBe(month);
});

test('a name without a weekday is taken as it is found', () => {
  expect(monthOf(bytes('Okt'), { weekday: undefined, day: 1, year: undefined })).toBe(9);
});
