import { expect, test } from 'vitest';
import { type JournalFields, readEntry } from '../../src/saved-logs/journal-entry.ts';

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
