import { expect, test } from 'vitest';
import { bytesOf, JsonObjects } from '../../src/saved-logs/json-objects.ts';

test.each<[string, string[], unknown[]]>([
  ['one a line', ['{"a":1}', '{"a":2},'], [{ a: 1 }, { a: 2 }]],
  ['over several lines', ['{', '"a": 1,', '"b": 2', '}'], [null, null, null, { a: 1, b: 2 }]],
  [
    'inside another',
    ['{', '  "dmesg": [', '    {', '"a": 1', '},{', '"a": 2', '}', ']', '}'],
    [null, null, null, null, { a: 1 }, null, { a: 2 }, null, null],
  ],
  ['that are none', ['hello', '{hello}', '['], [undefined, undefined, null]],
])('objects %s', (_, lines, expected) => {
  const objects = new JsonObjects();
  expect(lines.map((line) => objects.read(line))).toEqual(expected);
});

test('an object that never ends is not held for ever', () => {
  const objects = new JsonObjects();
  const answers = ['{', ...Array<string>(600).fill('"a": 1,')].map((line) => objects.read(line));
  expect(answers.at(-1)).toBeUndefined();
});

test('an escape of any character becomes its bytes, a byte stays one', () => {
  expect(bytesOf('\xc3\xbc\u2028😀')).toBe(Buffer.from('ü\u2028😀').toString('latin1'));
});
