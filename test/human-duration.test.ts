import { describe, expect, test } from 'vitest';
import { humanDuration, parseDuration } from '../src/human-duration.ts';

const S = 1000;
const M = 60 * S;
const H = 60 * M;
const D = 24 * H;

describe('an age is told as kubectl tells it:', () => {
  // The cases of apimachinery's duration_test.go, and their neighbours.
  test.each([
    [-5 * S, '0s'],
    [1 * S, '1s'],
    [70 * S, '70s'],
    [119 * S, '119s'],
    [190 * S, '3m10s'],
    [2 * M, '2m'],
    [10 * M - S, '9m59s'],
    [70 * M, '70m'],
    [3 * H - S, '179m'],
    [3 * H, '3h'],
    [3 * H + M, '3h1m'],
    [47 * H, '47h'],
    [49 * H, '2d1h'],
    [70 * H, '2d22h'],
    [47 * D, '47d'],
    [367 * D, '367d'],
    [2 * 365 * D + 2 * D, '2y2d'],
    [9 * 365 * D, '9y'],
  ])('%d ms is %s', (ms, words) => {
    expect(humanDuration(ms)).toBe(words);
  });
});

describe('a duration', () => {
  test.each([
    ['90s', 90 * S],
    ['30m', 30 * M],
    ['2h', 2 * H],
    ['1d', D],
    ['1h30m', 90 * M],
  ])('%s is read', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', '0', '5', 'h', '1w', '-1h', '1.5.5h', '1 h', 'yesterday'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});
