import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type KmsgRecord, parseRecord } from '../../src/kmsg/record.ts';

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

  test('reads in the header what a pattern reads', () => {
    const pattern =
      /^(?<prefix>[0-9]{1,16}),(?<sequence>[0-9]{1,16}),(?<us>[0-9]{1,16})(?:,(?<flag>[^,;\n])(?<fields>,[^;\n]*)?)?;/;
    const number = fc.oneof(fc.maxSafeNat().map(String), fc.stringMatching(/^[0-9]{0,18}$/));
    const bit = fc.oneof(
      number,
      fc.constantFrom(',', ',', ';', '-', ',-', 'c', '\n', ',caller=C1'),
    );
    const text = fc.oneof(
      fc.array(bit, { maxLength: 9 }).map((bits) => bits.join('')),
      fc
        .tuple(number, number, number, bit, bit)
        .map(([a, b, c, d, e]) => `${a},${b},${c}${d}${e};x`),
    );
    fc.assert(
      fc.property(text, (some) => {
        const found = pattern.exec(some)?.groups;
        const numbers = [found?.['prefix'], found?.['sequence'], found?.['us']].map(Number);
        const isOne = numbers.every((value) => value <= Number.MAX_SAFE_INTEGER);
        const record = parse(some);
        expect(
          record && [record.facility * 8 + record.priority, record.sequence, record.monotonicUs],
        ).toEqual(isOne ? numbers : undefined);
        if (isOne) expect(record?.flag).toBe(found?.['flag'] ?? '-');
      }),
      { numRuns: 2000 },
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
