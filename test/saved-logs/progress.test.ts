import { expect, test } from 'vitest';
import { Progress } from '../../src/saved-logs/progress.ts';

function shown() {
  const written: string[] = [];
  let nowMs = 0;
  const progress = new Progress((text) => written.push(text), { monotonicMs: () => nowMs });
  const after = (ms: number, bytes: number): void => {
    nowMs += ms;
    progress.advance(bytes);
  };
  return { progress, after, written };
}

test('who reads for less than a second is told nothing', () => {
  const { progress, after, written } = shown();
  progress.begin('log', 10e6);
  after(999, 5e6);
  progress.clear();
  expect(written).toEqual([]);
});

test('then it is one line, written over four times a second, and gone before anything else', () => {
  const { progress, after, written } = shown();
  progress.begin('log', 10e6);
  after(1000, 5e6);
  after(100, 1e6);
  after(150, 1e6);
  progress.clear();
  progress.clear();
  expect(written).toEqual([
    '\r\x1b[Klog: 5 MB of 10 MB read (50 %)',
    '\r\x1b[Klog: 7 MB of 10 MB read (70 %)',
    '\r\x1b[K',
  ]);
});

test('of a pipe nobody knows the end', () => {
  const { progress, after, written } = shown();
  progress.begin('standard input', undefined);
  after(1000, 5e6);
  expect(written).toEqual(['\r\x1b[Kstandard input: 5 MB read']);
});
