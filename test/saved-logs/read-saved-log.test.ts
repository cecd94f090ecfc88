import { expect, test } from 'vitest';
import { LineSplitter } from '../../src/saved-logs/read-saved-log.ts';

function linesOf(...chunks: readonly string[]): readonly string[] {
  const splitter = new LineSplitter();
  return [...chunks.flatMap((chunk) => splitter.read(chunk)), ...splitter.end()];
}

test.each([
  [['a\nb\n'], ['a', 'b']],
  [['a\nb'], ['a', 'b']],
  [
    ['a', 'b\n', '\nc'],
    ['ab', '', 'c'],
  ],
  [['', ''], []],
])('%j is %j', (chunks, lines) => {
  expect(linesOf(...chunks)).toEqual(lines);
});

test('an endless line is cut, not kept, and what follows it is not lost', () => {
  const [long, next] = linesOf(...Array<string>(300).fill('x'.repeat(10_000)), '\nnext\n');
  expect(long?.length).toBeLessThan(1024 * 1024 + 10_001);
  expect(next).toBe('next');
});
