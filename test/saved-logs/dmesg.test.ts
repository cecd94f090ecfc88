import { describe, expect, test } from 'vitest';
import { dmesgForms, dmesgJson, unescape } from '../../src/saved-logs/dmesg.ts';
import type { SavedRecord } from '../../src/saved-logs/log-form.ts';

function read(name: string, line: string): SavedRecord | undefined {
  let found: SavedRecord | undefined;
  dmesgForms
    .find((form) => form.name === name)
    ?.open(0)
    .read(line, (record) => (found = record));
  return found;
}

describe('dmesg tells', () => {
  test.each<[string, string, object]>([
    ['dmesg', '[    1.000000] a', { message: 'a', indent: 15 }],
    ['dmesg', '[    1.000000]   a', { message: '  a' }],
    ['dmesg', '[    1.000000]', { message: '' }],
    ['dmesg', '[    1.000000] a\r', { message: 'a' }],
    ['dmesg', '[    1.000000] [   T144] a', { caller: 'T144', message: 'a' }],
    ['dmesg', '[    1.000000][    C0] a', { caller: 'C0', message: 'a' }],
    ['dmesg', '[    1.000000] [  144]     0 a', { caller: undefined, message: '[  144]     0 a' }],
    ['dmesg -r', '<4>[    1.000000] a', { facility: 0, priority: 4 }],
    ['dmesg -r', '<30>[    1.000000] a', { facility: 3, priority: 6 }],
    ['dmesg -x', 'kern  :err   : [    1.000000] a', { facility: 0, priority: 3, indent: 30 }],
    ['dmesg -x', 'daemon:info  : [    1.000000] a', { facility: 3, priority: 6 }],
    ['dmesg -x', 'local0:info  : [    1.000000] a', { facility: 1 }],
  ])('%s: %j', (name, line, record) => {
    expect(read(name, line)).toMatchObject(record);
  });
});

test('plain dmesg does not tell whose a line is', () => {
  expect(read('dmesg', '[    1.000000] a')?.facility).toBeUndefined();
});

test.each([
  ['\\x1b[31mred\\x7f', '\x1b[31mred\x7f'],
  ['\\xc3\\xbc', '\xc3\xbc'],
  ['back\\slash', 'back\\slash'],
  ['a name that says \\x41', 'a name that says \\x41'],
  ['plain', 'plain'],
])('%j is %j', (printed, name) => {
  expect(unescape(printed)).toBe(name);
});

test.each([[null], [7], ['a'], [[1]], [{ msg: null, time: {} }]])(
  'of dmesg --json what is no record is none: %j',
  (entry) => {
    const records: SavedRecord[] = [];
    const whole = { pri: 6, time: 1, msg: 'a' };
    const line = JSON.stringify({ dmesg: [entry, whole] });
    dmesgJson.open(0).read(line, (record) => records.push(record));
    expect(records).toEqual([expect.objectContaining({ message: 'a', priority: 6 })]);
  },
);
