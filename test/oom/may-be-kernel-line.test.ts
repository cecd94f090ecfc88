import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRecord } from '../../src/kmsg/record.ts';
import { readKernelLine } from '../../src/oom/kernel-lines.ts';
import { mayBeKernelLine } from '../../src/oom/may-be-kernel-line.ts';
import { KERNEL_LINES } from '../support/oom-lines.ts';
import { plainlyTold, told } from '../support/both-ways.ts';
import { readRecording, recordingNames } from '../support/recordings.ts';

const HEAD = '6,1,2,-;';
const unread = { readAtMs: 0, live: false };

function mayBe(message: string): boolean {
  return mayBeKernelLine(Buffer.from(HEAD + message, 'latin1'), HEAD.length);
}

/** As the kernel never escapes them: letters. */
function withEscape(line: string, at: number): string {
  const code = line.charCodeAt(at).toString(16).padStart(2, '0');
  return `${line.slice(0, at)}\\x${code}${line.slice(at + 1)}`;
}

describe('what readKernelLine reads is never dismissed', () => {
  test.each(KERNEL_LINES)('%s: %s', (_, line) => {
    expect(mayBe(line.replaceAll('\n', '\\x0a'))).toBe(true);
  });

  test('a name of 15 bytes before what tells a header', () => {
    expect(mayBe('fifteen-bytes-a invoked oom-killer: ')).toBe(true);
    expect(mayBe(`${'\\xff'.repeat(15)} invoked oom-killer: `)).toBe(true);
    expect(mayBe(' invoked oom-killer: ')).toBe(true);
  });

  test('with an escape anywhere', () => {
    for (const [, line] of KERNEL_LINES)
      for (let at = 0; at < line.length; at += 1) {
        const escaped = withEscape(line, at);
        const { message = '' } = parseRecord(Buffer.from(HEAD + escaped, 'latin1'), unread) ?? {};
        if (readKernelLine(message) !== undefined)
          expect([escaped, mayBe(escaped)]).toEqual([escaped, true]);
      }
  });

  test('whatever it is like', () => {
    const bit = fc.oneof(
      fc.constantFrom(...KERNEL_LINES.map(([, line]) => line)),
      fc.stringMatching(/^[ -~]{0,16}$/),
    );
    const line = fc.array(bit, { maxLength: 3 }).map((bits) => bits.join(''));
    fc.assert(
      fc.property(line, fc.nat(20), (text, from) => {
        const { message = '' } =
          parseRecord(Buffer.from(HEAD + text.slice(from), 'latin1'), unread) ?? {};
        fc.pre(readKernelLine(message) !== undefined);
        expect(mayBe(text.slice(from))).toBe(true);
      }),
    );
  });
});

test.each([
  'usb 1-1: new high-speed USB device number 2',
  ' dump_stack_lvl+0x64/0x80',
  'pgfault 1234',
  'total_mapped_file 4096',
  '',
])('dismissed: %s', (line) => {
  expect(mayBe(line)).toBe(false);
});

describe('of each recording is told the same as with every record parsed', () => {
  test.each(recordingNames)('%s', async (name) => {
    const reads = readRecording(name).map((bytes) => ({ kind: 'raw', bytes, ...unread }) as const);
    expect(await told(reads)).toEqual(await plainlyTold(reads));
  });
});
