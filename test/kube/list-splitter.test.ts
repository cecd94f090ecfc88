import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TooLargeError } from '../../src/kube/json-text.ts';
import { ListSplitter } from '../../src/kube/list-splitter.ts';

interface Split {
  readonly items: readonly (string | TooLargeError)[];
  readonly remainder: string | TooLargeError;
}

function split(chunks: readonly Uint8Array[], maxItemBytes?: number): Split {
  const items: (string | TooLargeError)[] = [];
  const splitter = new ListSplitter((item) => items.push(item), maxItemBytes);
  for (const chunk of chunks) splitter.push(chunk);
  return { items, remainder: splitter.remainder() };
}

const whole = (text: string, maxItemBytes?: number): Split =>
  split([Buffer.from(text)], maxItemBytes);

/** The plain way: each byte by itself. */
function splitByBytes(text: string): Split {
  const items: string[] = [];
  let [remainder, open, depth, isInString, isEscaped, from] = ['', '', 0, false, false, -1];
  for (const [at, character] of [...text].entries()) {
    const wasInItem = open === '{[{';
    if (isInString) {
      isInString = isEscaped || character !== '"';
      isEscaped = !isEscaped && character === '\\';
    } else if (character === '"') isInString = true;
    else if ('{['.includes(character) && ++depth <= 3) open += character;
    else if ('}]'.includes(character) && --depth < 3) open = open.slice(0, -1);
    const isInItem = open === '{[{';
    if (isInItem && !wasInItem) from = at;
    if (!isInItem && !wasInItem) remainder += character;
    if (isInItem || !wasInItem) continue;
    items.push(text.slice(from, at + 1));
    remainder += '0';
  }
  return { items, remainder };
}

describe('ListSplitter', () => {
  test.each<[string, string, readonly string[], string]>([
    [
      'a list of two',
      '{"items":[{"a":1},{"b":[{}]}]}',
      ['{"a":1}', '{"b":[{}]}'],
      '{"items":[0,0]}',
    ],
    ['a list of none', '{"items":[]}', [], '{"items":[]}'],
    ['what follows the items', '{"items":[{}],"kind":"L"}\n', ['{}'], '{"items":[0],"kind":"L"}\n'],
    ['spaces', '{ "items" : [ {"a": 1} , {} ] }', ['{"a": 1}', '{}'], '{ "items" : [ 0 , 0 ] }'],
    ['brackets in strings', '{"items":[{"a":"}]{["}]}', ['{"a":"}]{["}'], '{"items":[0]}'],
    [
      'quotes in strings',
      String.raw`{"items":[{"a":"\"}\\"}]}`,
      [String.raw`{"a":"\"}\\"}`],
      '{"items":[0]}',
    ],
    [
      'arrays elsewhere',
      '{"metadata":{"a":[{"b":1}]},"items":[]}',
      [],
      '{"metadata":{"a":[{"b":1}]},"items":[]}',
    ],
    ['items that are none', '{"items":[1,[{}],null,{}]}', ['{}'], '{"items":[1,[{}],null,0]}'],
    ['another document', '[{"items":[{}]}]', [], '[{"items":[{}]}]'],
    ['what is no JSON', '}}]]<html>{"', [], '}}]]<html>{"'],
    ['half a list', '{"items":[{"a":1},{"b":', ['{"a":1}'], '{"items":[0,'],
    ['nothing', '', [], ''],
  ])('of %s gives the items and what remains', (_, text, items, remainder) => {
    expect(whole(text)).toEqual({ items, remainder });
  });

  test('gives the items as they come, not at the end', () => {
    const items: unknown[] = [];
    const splitter = new ListSplitter((item) => items.push(item));
    splitter.push(Buffer.from('{"items":[{"a":1}'));
    expect(items).toEqual(['{"a":1}']);
  });

  test('says that an item is too large, and goes on with the next', () => {
    const large = JSON.stringify({ a: 'x'.repeat(100) });
    const { items, remainder } = whole(`{"items":[{},${large},{"b":1}]}`, 10);
    expect(items).toEqual(['{}', new TooLargeError(large.length, 10), '{"b":1}']);
    expect(remainder).toBe('{"items":[0,0,0]}');
  });

  test('keeps no more than 1 MiB of what is no item', () => {
    expect(whole(`{"items":["${'x'.repeat(1024 * 1024)}"]}`).remainder).toBeInstanceOf(
      TooLargeError,
    );
  });

  test('gives what JSON.parse would have given, however the bytes are cut', () => {
    const list = fc.record({
      kind: fc.string(),
      items: fc.array(fc.dictionary(fc.string(), fc.jsonValue())),
    });
    fc.assert(
      fc.property(list, fc.array(fc.nat(500)), (list, cuts) => {
        const text = Buffer.from(JSON.stringify(list));
        const edges = [0, ...cuts.filter((cut) => cut < text.length).toSorted((a, b) => a - b)];
        const { items, remainder } = split(
          edges.map((edge, at) => text.subarray(edge, edges[at + 1])),
        );
        expect(items).toEqual(list.items.map((item) => JSON.stringify(item)));
        expect(JSON.parse(String(remainder))).toEqual({ ...list, items: list.items.map(() => 0) });
      }),
    );
  });

  test('splits as one does who looks at each byte, wherever the bytes are cut', () => {
    const character = fc.constantFrom(...'{}[]",:\\\\0a');
    const pieces = fc.array(fc.string({ unit: character, maxLength: 8 }), { maxLength: 12 });
    fc.assert(
      fc.property(pieces, (pieces) => {
        const cut = split(['{"items":[', ...pieces].map((piece) => Buffer.from(piece)));
        const plain = splitByBytes(['{"items":[', ...pieces].join(''));
        expect(cut.items).toEqual(plain.items);
        expect(cut.remainder).toBe(plain.remainder);
      }),
      { numRuns: 2000 },
    );
  });

  test('never throws, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'{}[]",:\\0a')), (characters) => {
        expect(() => whole(characters.join(''))).not.toThrow();
      }),
    );
  });
});
