import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TooLargeError } from '../../src/kube/json-text.ts';
import { jsonLines } from '../../src/kube/json-lines.ts';

/** Like a socket: a chunk at a time, each at a later turn. */
async function* stream(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

const bytes = (text: string): Uint8Array => Buffer.from(text);
async function readAll(documents: AsyncIterable<unknown>): Promise<unknown[]> {
  const read: unknown[] = [];
  for await (const document of documents) read.push(document);
  return read;
}
const collect = (...chunks: readonly string[]): Promise<unknown[]> =>
  readAll(jsonLines(stream(...chunks.map(bytes))));

describe('jsonLines', () => {
  test.each<[string, readonly string[], readonly unknown[]]>([
    ['one line', ['{"a":1}\n'], [{ a: 1 }]],
    ['two in a chunk', ['{"a":1}\n{"a":2}\n'], [{ a: 1 }, { a: 2 }]],
    ['one in three chunks', ['{"a"', ':', '1}\n'], [{ a: 1 }]],
    ['a newline by itself', ['1', '\n', '2\n'], [1, 2]],
    ['empty lines', ['\n\r\n1\n\n'], [1]],
    ['nothing', [], []],
  ])('reads %s', async (_, chunks, documents) => {
    expect(await collect(...chunks)).toEqual(documents);
  });

  test('reads the same however the bytes are cut, also inside a character', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), fc.array(fc.nat(400)), async (documents, cuts) => {
        const whole = bytes(documents.map((document) => `${JSON.stringify(document)}\n`).join(''));
        const edges = [0, ...cuts.filter((cut) => cut < whole.length).toSorted((a, b) => a - b)];
        const chunks = edges.map((edge, at) => whole.subarray(edge, edges[at + 1]));
        const read = await readAll(jsonLines(stream(...chunks)));
        expect(JSON.stringify(read)).toBe(JSON.stringify(documents));
      }),
    );
  });

  test('gives what was whole before it says that the stream ended inside a line', async () => {
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const document of jsonLines(stream(bytes('1\n2')))) seen.push(document);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'E_API_UNREACHABLE' });
    expect(seen).toEqual([1]);
  });

  test('refuses what is not JSON', async () => {
    await expect(collect('<html>\n')).rejects.toMatchObject({ code: 'E_API_GARBLED' });
  });

  test.each([
    ['at once', [`${'x'.repeat(11)}\n2\n`]],
    ['by and by', ['xxxx', 'xxxx', 'xxxx', '\n2\n']],
  ])('says that a line is too large, come %s, and reads on', async (_, chunks) => {
    const lines = jsonLines(stream(bytes('1\n'), ...chunks.map(bytes)), 10);
    const [first, tooLarge, ...rest] = await readAll(lines);
    expect([first, ...rest]).toEqual([1, 2]);
    expect(tooLarge).toBeInstanceOf(TooLargeError);
  });

  test('says that a line has too many objects, and reads on', async () => {
    const line = `[${'{},'.repeat(100_000)}{}]\n`;
    const [tooLarge, ...rest] = await readAll(jsonLines(stream(bytes(line), bytes('2\n'))));
    expect(tooLarge).toBeInstanceOf(TooLargeError);
    expect(rest).toEqual([2]);
  });

  test('reads a line that is just as large as it may be', async () => {
    expect(await readAll(jsonLines(stream(bytes('1234567890\n')), 10))).toEqual([1234567890]);
  });

  test('takes a large line that is cut off for one that was not finished', async () => {
    const reading = readAll(jsonLines(stream(bytes('x'.repeat(100))), 10));
    await expect(reading).rejects.toMatchObject({ code: 'E_API_UNREACHABLE' });
  });

  test('ends its source when it is left', async () => {
    let ended = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield await Promise.resolve(bytes('1\n'));
      } finally {
        ended = true;
      }
    }
    for await (const document of jsonLines(source())) {
      expect(document).toBe(1);
      break;
    }
    expect(ended).toBe(true);
  });
});
