import { expect, test } from 'vitest';
import { looksBinary, looksLikeText } from '../../src/saved-logs/looks-like.ts';

test.each([
  ['LPKSHHRH\0\0\0', /^a journal file: `journalctl --file/],
  ['\xfd7zXZ\0\0', /^xz-compressed data: `xz -dc/],
  ['\x28\xb5\x2f\xfd', /^zstd/],
  ['PK\x03\x04', /^a zip/],
  ['\x7fELF\x02', /^a program or a core dump$/],
  [`${'a'.repeat(257)}ustar`, /^a tar/],
  ['a\0b', /^binary data$/],
])('%j looks like %s', (start, what) => {
  expect(looksBinary(start)).toMatch(what);
});

test('text does not look binary', () => {
  expect(looksBinary('[    1.0] \x1b[31mred')).toBeUndefined();
});

test.each([
  ['{"kind":"List"}', /^JSON that is no log/],
  ['<html>', /^HTML or XML/],
  ['\x1b[31mroot:x:0:0', /first line is "\\u001b\[31mroot:x:0:0"$/],
  ['x'.repeat(200), /"x{80}…"$/],
])('%j looks like %s', (line, what) => {
  expect(looksLikeText(line)).toMatch(what);
});
