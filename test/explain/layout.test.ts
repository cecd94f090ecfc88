import { describe, expect, test } from 'vitest';
import { bar, coloured, cutTo, plain, wrap } from '../../src/explain/layout.ts';

test.each([
  [0, ''],
  [1, '████████'],
  [1.5, '████████'],
  [0.5, '████'],
  [0.55, '████▍'],
  [0.0001, '▏'],
])('a share of %s is %j of eight columns', (share, drawn) => {
  expect(bar(share, 8)).toBe(drawn);
});

describe('a sentence', () => {
  test('is broken at its spaces, and indented', () => {
    expect(wrap('one two three four', 10, '  ')).toBe('one two\n  three\n  four');
  });

  test('keeps a word whole that is longer than a line', () => {
    expect(wrap('of /a/very/long/path here', 8)).toBe('of\n/a/very/long/path\nhere');
  });

  test('of one word, or none, is that', () => {
    expect([wrap('one', 2), wrap('', 2)]).toEqual(['one', '']);
  });
});

test('a name is cut by its characters', () => {
  expect([cutTo('日本語', 3), cutTo('日本語', 2), cutTo('🦊🦊🦊', 2)]).toEqual([
    '日本語',
    '日…',
    '🦊…',
  ]);
});

test('colours are given where they are asked for, whatever the process prints to', () => {
  expect(coloured('dead', 'x')).toBe('\x1b[31mx\x1b[39m');
  expect(plain('dead', 'x')).toBe('x');
});
