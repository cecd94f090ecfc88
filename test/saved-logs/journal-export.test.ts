import { describe, expect, test } from 'vitest';
import { journalExport } from '../../src/saved-logs/journal-export.ts';
import type { SavedRecord } from '../../src/saved-logs/log-form.ts';

const HEAD = '__REALTIME_TIMESTAMP=1795345222732658\n_TRANSPORT=kernel\n';

function binary(name: string, data: string): string {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(data.length));
  return `${name}\n${size.toString('latin1')}${data}\n`;
}

function read(text: string) {
  const records: SavedRecord[] = [];
  const reader = journalExport.open(0);
  const others = text
    .split('\n')
    .filter((line) => !reader.read(line, (record) => records.push(record)));
  return { messages: records.map(({ message }) => message), others };
}

describe('a field in binary', () => {
  test.each([
    ['with newlines', 'a\nb\n\nMESSAGE=c'],
    ['of ten bytes, so that its length holds a newline', '0123456789'],
    ['of 2,570 bytes, so that its length is two newlines', 'x'.repeat(0x0a0a)],
    ['that is empty', ''],
    ['with bytes of every kind', String.fromCharCode(...Array(256).keys())],
  ])('%s', (_, data) => {
    expect(read(`${HEAD}${binary('MESSAGE', data)}\n`)).toEqual({ messages: [data], others: [''] });
  });

  test('that is longer than any message is passed over', () => {
    const dump = binary('COREDUMP', 'x\n'.repeat(2_000_000));
    const { messages } = read(`${HEAD}${dump}MESSAGE=a\n\n${HEAD}MESSAGE=b\n\n`);
    expect(messages).toEqual(['a', 'b']);
  });
});

test('text that is no field is not of this form', () => {
  expect(read('[   22.731699] Killed process 7\n').messages).toEqual([]);
  expect(read('[   22.731699] Killed process 7').others).toHaveLength(1);
});
