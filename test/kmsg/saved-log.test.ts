import { createReadStream, globSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { lastValueFrom, map, take, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { parseRecords } from '../../src/kmsg/parse-records.ts';
import { savedRecords$, splitRecords } from '../../src/kmsg/saved-log.ts';
import { FakeGate } from '../support/fake-gate.ts';

const clock = { wallMs: () => 5 };

function records$(readable: Readable, gate = new FakeGate()) {
  return savedRecords$(readable, gate, clock).pipe(map((raw) => raw.bytes.toString('latin1')));
}

async function recordsOf(...chunks: readonly string[]): Promise<string[]> {
  return lastValueFrom(records$(Readable.from(chunks.map((c) => Buffer.from(c)))).pipe(toArray()));
}

describe('a saved log', () => {
  test.each<[string, string[], string[]]>([
    ['one record a line', ['a\nb\n'], ['a', 'b']],
    ['a last line without a newline', ['a\nb'], ['a', 'b']],
    [
      'lines that begin with a space belong to the record before',
      ['a\n K=v\n L=w\nb\n'],
      ['a\n K=v\n L=w', 'b'],
    ],
    ['a dictionary at the very end', ['a\n K=v\n'], ['a\n K=v']],
    ['a record across chunks', ['a', 'b\n', 'c'], ['ab', 'c']],
    [
      'a newline at the end of a chunk, its dictionary in the next',
      ['a\n', ' K=v\nb'],
      ['a\n K=v', 'b'],
    ],
    ['empty lines are no records', ['\n\na\n\nb\n\n'], ['a', 'b']],
    ['an empty file', [], []],
  ])('%s', async (_, chunks, expected) => {
    expect(await recordsOf(...chunks)).toEqual(expected);
  });

  test('is not live and was read when it was read', async () => {
    const raws$ = savedRecords$(Readable.from([Buffer.from('a\n')]), new FakeGate(), clock);
    expect(await lastValueFrom(raws$)).toEqual({
      kind: 'raw',
      bytes: Buffer.from('a'),
      readAtMs: 5,
      live: false,
    });
  });

  test.each(globSync('test/testdata/kmsg/*.kmsg'))('%s holds nothing but records', async (path) => {
    const malformed: string[] = [];
    const items$ = savedRecords$(createReadStream(path), new FakeGate(), clock).pipe(
      parseRecords((raw) => malformed.push(raw.bytes.toString('latin1'))),
      toArray(),
    );
    const items = await lastValueFrom(items$);
    expect(malformed).toEqual([]);
    expect(items).not.toHaveLength(0);
  });

  test('a stream of text will do', async () => {
    expect(await lastValueFrom(records$(Readable.from(['a\nb\n'])).pipe(toArray()))).toEqual([
      'a',
      'b',
    ]);
  });

  test('an endless line is cut, not kept, and what follows it is not lost', async () => {
    const [long, next] = await recordsOf(...Array(100).fill('x'.repeat(1000)), '\n', 'next\n');
    expect(long).toBe('x'.repeat(8192));
    expect(next).toBe('next');
  });

  test('however it is cut into chunks, it is split as the whole is', () => {
    const line = fc.stringMatching(/^[a \n]{0,9}$/);
    const text = fc.array(line, { maxLength: 6 }).map((lines) => lines.join('\n'));
    return fc.assert(
      fc.asyncProperty(text, fc.nat(60), async (whole, at) => {
        expect(await recordsOf(whole.slice(0, at), whole.slice(at))).toEqual(
          await recordsOf(whole),
        );
      }),
    );
  });

  test('keeps no more than a record of what has not ended', () => {
    expect(splitRecords(Buffer.alloc(100_000, 'x')).rest).toHaveLength(8193);
  });

  test('errors with a typed error when it cannot be read', async () => {
    const result = lastValueFrom(records$(createReadStream('/nonexistent/saved.kmsg')));
    await expect(result).rejects.toMatchObject({
      code: 'E_SAVED_LOG',
      retryable: false,
      message: 'Reading a saved kernel log: /nonexistent/saved.kmsg: there is no such file.',
    });
  });
});

describe('the gate of a saved log', () => {
  test('is asked before every record', async () => {
    const gate = new FakeGate();
    const seen: string[] = [];
    gate.close();
    records$(Readable.from([Buffer.from('a\nb\nc\n')]), gate).subscribe({
      next: (text) => {
        seen.push(text);
        if (text === 'a') gate.close();
      },
      complete: () => seen.push('|'),
    });
    await nextTurn();
    expect(seen).toEqual([]);
    gate.open();
    await nextTurn();
    expect(seen).toEqual(['a']);
    gate.open();
    await nextTurn();
    expect(seen).toEqual(['a', 'b', 'c', '|']);
  });

  test('is forgotten, and the stream destroyed, when the subscriber leaves', async () => {
    const gate = new FakeGate();
    const input = new PassThrough();
    gate.close();
    input.write('a\nb\n');
    const subscription = records$(input, gate).subscribe();
    await nextTurn();
    expect(gate.opened$.observed).toBe(true);
    subscription.unsubscribe();
    expect(gate.opened$.observed).toBe(false);
    expect(input.destroyed).toBe(true);
  });

  test('a subscriber that has enough ends it in the middle of a burst', async () => {
    const input = Readable.from([Buffer.from('a\nb\nc\n')]);
    expect(await lastValueFrom(records$(input).pipe(take(2), toArray()))).toEqual(['a', 'b']);
    expect(input.destroyed).toBe(true);
  });
});
