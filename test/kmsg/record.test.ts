import * as fc from 'fast-check';
import { from, Subject } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, test } from 'vitest';
import {
  parseRecord,
  parseRecords,
  type DeviceRead,
  type Drained,
  type KmsgRecord,
  type LogItem,
  type RawRecord,
} from '../../src/kmsg/record.ts';

const read = { readAtMs: 1_700_000_000_000, live: true };

function parse(text: string): KmsgRecord | undefined {
  return parseRecord(Buffer.from(text, 'latin1'), read);
}

describe('parsing a record', () => {
  test('reads the header, the message and nothing of the dictionary', () => {
    expect(
      parse(
        '5,341,1268768,-;virtio_blk virtio1: [vda] new size\n SUBSYSTEM=virtio\n DEVICE=+v:1\n',
      ),
    ).toEqual({
      kind: 'record',
      facility: 0,
      priority: 5,
      sequence: 341,
      monotonicUs: 1268768,
      flag: '-',
      message: 'virtio_blk virtio1: [vda] new size',
      readAtMs: 1_700_000_000_000,
      live: true,
    });
  });

  test.each<[string, string, Partial<KmsgRecord>]>([
    ['what a process wrote', '11,1,2,-;forged\n', { facility: 1, priority: 3 }],
    ['the highest facility', '2047,1,2,-;x\n', { facility: 255, priority: 7 }],
    ['a fragment', '4,1,2,c;part\n', { flag: 'c' }],
    ['a later fragment of 4.4', '4,1,2,+;part\n', { flag: '+' }],
    ['a kernel before 3.6, without a flag', '7,160,424069;pci_root\n', { flag: '-' }],
    ['a task that printed it', '6,1,2,-,caller=T123;x\n', { caller: 'T123' }],
    ['a caller behind unknown fields', '6,1,2,-,new=1,caller=C0,z;x\n', { caller: 'C0' }],
    ['unknown fields', '6,1,2,-,recaller=1;x\n', { message: 'x' }],
    ['an empty message', '6,1,2,-;\n', { message: '' }],
    ['an empty message with a dictionary', '6,1,2,-;\n A=b\n', { message: '' }],
    ['no newline', '6,1,2,-;cut', { message: 'cut' }],
    ['a saved log with CRLF', '6,1,2,-;x\\x0d\r\n', { message: 'x\r' }],
    ['a message with separators in it', '6,1,2,-;a;b,c=d\n', { message: 'a;b,c=d' }],
    ['escapes', '6,1,2,-;\\x01c\\x5cx41\\x0a\\xff\n', { message: '\u0001c\\x41\n\u00ff' }],
    ['what only looks like an escape', '6,1,2,-;\\xg1\\x4\n', { message: '\\xg1\\x4' }],
    ['an embedded NUL', '6,1,2,-;a\0b\n', { message: 'a\0b' }],
    ['bytes that are not UTF-8', '6,1,2,-;\xc3\x28\n', { message: '\u00c3(' }],
    ['2^53-1', '6,9007199254740991,9007199254740991,-;x', { sequence: Number.MAX_SAFE_INTEGER }],
  ])('understands %s', (_, text, expected) => {
    expect(parse(text)).toMatchObject(expected);
  });

  test('names no caller where the kernel names none', () => {
    const record = parse('6,1,2,-,recaller=1;x\n');
    expect(record).toMatchObject({ message: 'x', caller: undefined });
  });

  test.each([
    ['nothing', ''],
    ['no separator', '6,1,2,-\n'],
    ['a separator only in the dictionary', '6,1,2,-\n A=;\n'],
    ['a negative priority', '-6,1,2,-;x\n'],
    ['a negative sequence', '6,-1,2,-;x\n'],
    ['a negative timestamp', '6,1,-2,-;x\n'],
    ['a sequence past 2^53', '6,9007199254740993,2,-;x\n'],
    ['too few fields', '6,1;x\n'],
    ['a dictionary line alone', ' SUBSYSTEM=virtio\n'],
    ['a dmesg line', '[    1.268768] virtio_blk\n'],
    ['a long flag', '6,1,2,cc;x\n'],
  ])('rejects %s', (_, text) => {
    expect(parse(text)).toBeUndefined();
  });

  test('never throws, whatever the bytes', () => {
    const tail = fc.uint8Array({ maxLength: 200 });
    const bytes = fc.oneof(
      tail,
      tail.map((end) => Buffer.concat([Buffer.from('6,1,2,-;'), end])),
      fc.stringMatching(/^[0-9,;c+= \n\\x-]{0,60}$/).map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(bytes, (some) => {
        expect(() => parseRecord(Buffer.from(some), read)).not.toThrow();
      }),
    );
  });

  test('gives back what the kernel was told to print', () => {
    fc.assert(
      fc.property(printed, (record) => {
        expect(parseRecord(encode(record), read)).toEqual({ kind: 'record', ...record, ...read });
      }),
    );
  });
});

type Printed = Omit<KmsgRecord, 'kind' | 'readAtMs' | 'live'>;

const bytes = fc.uint8Array({ maxLength: 100 }).map((some) => Buffer.from(some).toString('latin1'));

const printed: fc.Arbitrary<Printed> = fc.record(
  {
    facility: fc.nat(255),
    priority: fc.nat(7),
    sequence: fc.maxSafeNat(),
    monotonicUs: fc.maxSafeNat(),
    flag: fc.constantFrom('-', 'c', '+'),
    message: bytes,
    caller: fc.stringMatching(/^[TC][0-9]{1,7}$/),
  },
  { requiredKeys: ['facility', 'priority', 'sequence', 'monotonicUs', 'flag', 'message'] },
);

/** `info_print_ext_header()` and `msg_print_ext_body()` of kernel/printk/printk.c, by the letter. */
function encode(record: Printed): Buffer {
  const prefix = record.facility * 8 + record.priority;
  const caller = record.caller === undefined ? '' : `,caller=${record.caller}`;
  const head = `${prefix},${record.sequence},${record.monotonicUs},${record.flag}${caller};`;
  let body = '';
  for (const byte of Buffer.from(record.message, 'latin1')) {
    const printable = byte >= 0x20 && byte < 0x7f && byte !== 0x5c;
    body += printable ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return Buffer.from(`${head}${body}\n SUBSYSTEM=test\n DEVICE=+x:y;z\n`, 'latin1');
}

function raw(text: string): RawRecord {
  return { kind: 'raw', bytes: Buffer.from(text), ...read };
}

describe('parsing what a device reads', () => {
  const drained: Drained = { kind: 'drained', atMs: 7 };

  test('records and drained pass in order, malformed bytes are counted and dropped', () => {
    const malformed: RawRecord[] = [];
    const items: LogItem[] = [];
    from([raw('6,1,2,-;a\n'), raw('?'), drained, raw('6,2,3,-;b\n')])
      .pipe(parseRecords((bad) => malformed.push(bad)))
      .subscribe((item) => items.push(item));
    expect(items).toEqual([parse('6,1,2,-;a\n'), drained, parse('6,2,3,-;b\n')]);
    expect(malformed).toEqual([raw('?')]);
  });

  test('passes on completion, errors and unsubscription', () => {
    new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run((at) => {
      const reads = { d: drained, r: raw('6,1,2,-;a\n'), x: raw('?') };
      const items = { d: drained, a: parse('6,1,2,-;a\n') };
      const parsed$ = (marbles: string) =>
        at.cold<DeviceRead>(marbles, reads).pipe(parseRecords(() => undefined));
      at.expectObservable(parsed$('-rxd|')).toBe('-a-d|', items);
      at.expectObservable(parsed$('-r#')).toBe('-a#', items);
      at.expectObservable(parsed$('-rrr'), '^-!').toBe('-a', items);
    });
  });

  test('leaves its source when its subscriber leaves', () => {
    const source$ = new Subject<RawRecord>();
    source$
      .pipe(parseRecords(() => undefined))
      .subscribe()
      .unsubscribe();
    expect(source$.observed).toBe(false);
  });
});
