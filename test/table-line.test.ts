import { expect, test } from 'vitest';
import { tableLine, widthsOf } from '../src/table-line.ts';

test('a column is as wide as its longest cell, and nothing stands behind the last', () => {
  const lines = [
    ['POD', 'AGE'],
    ['web-0', '3s'],
    ['a', ''],
  ];
  const widths = widthsOf(lines);
  expect(lines.map((line) => tableLine(line, widths))).toEqual([
    'POD     AGE\n',
    'web-0   3s\n',
    'a\n',
  ]);
});

test('a cell that is too long pushes those behind it', () => {
  expect(tableLine(['checkout', 'x', 'y'], [3, 3, 3])).toBe('checkout   x     y\n');
});
