import { describe, expect, test } from 'vitest';
import { journalExport, type JournalFields, readEntry } from '../../src/saved-logs/journal.ts';
import type { SavedRecord } from '../../src/saved-logs/log-form.ts';

const KERNEL: JournalFields = {
  MESSAGE: 'a',
  __REALTIME_TIMESTAMP: '1795345222732658',
  __MONOTONIC_TIMESTAMP: '22732658',
  _SOURCE_MONOTONIC_TIMESTAMP: '22731658',
  _TRANSPORT: 'kernel',
};

test.each<[string, JournalFields, object]>([
  [
    'was written before it was logged',
    KERNEL,
    { monotonicUs: 22_731_658, wallMs: 1_795_345_222_731.658 },
  ],
  ['of the kernel has no facility in an old journal', KERNEL, { facility: 0 }],
  [
    'of a process that wrote to /dev/kmsg has its own',
    { ...KERNEL, SYSLOG_FACILITY: '3' },
    { facility: 3 },
  ],
  [
    'of a process that says it is the kernel is not its',
    { ...KERNEL, _TRANSPORT: 'syslog', SYSLOG_FACILITY: '0', SYSLOG_IDENTIFIER: 'kernel' },
    { facility: 1 },
  ],
  [
    'of a journal that tells little is still one',
    { MESSAGE: 'a', __REALTIME_TIMESTAMP: '5000' },
    { facility: 1, wallMs: 5 },
  ],
])('an entry %s', (_, fields, record) => {
  expect(readEntry(fields)).toMatchObject(record);
});

test.each([{}, { MESSAGE: 'a' }, { __REALTIME_TIMESTAMP: '5' }])('%o is no entry', (fields) => {
  expect(readEntry(fields)).toBeUndefined();
});

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
