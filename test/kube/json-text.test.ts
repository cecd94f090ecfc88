import { expect, test } from 'vitest';
import { JsonText, MAX_OBJECT_BYTES, TooLargeError } from '../../src/kube/json-text.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

test('is what was added since it was last taken', () => {
  const text = new JsonText(10);
  text.add(bytes('{"a'));
  text.add(bytes('":1}'));
  expect(text.bytes).toBe(7);
  expect(text.take()).toBe('{"a":1}');
  text.add(bytes('2'));
  expect([text.take(), text.take()]).toEqual(['2', '']);
});

/** In etcd 13 bytes of protobuf: four fields and three messages, each with its tag and length. */
const AFFINITY_TERM = {
  weight: 1,
  podAffinityTerm: { labelSelector: {}, topologyKey: 'a', namespaceSelector: {} },
};

test('is not too large where etcd takes it and its brackets are few enough', () => {
  const text = new JsonText(MAX_OBJECT_BYTES);
  const terms = 25_000;
  text.add(bytes(`${JSON.stringify(AFFINITY_TERM)},`.repeat(terms)));
  text.add(bytes(String.raw`\u003c`.repeat(1.5 * 1024 * 1024 - 13 * terms)));
  expect(text.take()).not.toBeInstanceOf(TooLargeError);
});

test('is whole where a character was cut in two', () => {
  const text = new JsonText(10);
  const [head, tail] = [bytes('"é"').subarray(0, 2), bytes('"é"').subarray(2)];
  text.add(head);
  text.add(tail);
  expect(text.take()).toBe('"é"');
});

test('that is too large is told with its length, and the next is another', () => {
  const text = new JsonText(10);
  for (const chunk of ['0123456789', '0', '0123']) text.add(bytes(chunk));
  expect(text.take()).toEqual(new TooLargeError(15, 10));
  text.add(bytes('0123456789'));
  expect(text.take()).toBe('0123456789');
});

test('that is too large leaves nothing of a character that was cut in two', () => {
  const text = new JsonText(3);
  text.add(bytes('é').subarray(0, 1));
  text.add(bytes('123'));
  expect(text.take()).toBeInstanceOf(TooLargeError);
  text.add(bytes('1'));
  expect(text.take()).toBe('1');
});

test.each(['[', '{'])(
  'of more than 100,000 %s is too large, however few bytes it has',
  (bracket) => {
    const text = new JsonText(1_000_000);
    const [half, one] = [bytes(bracket.repeat(50_000)), bytes(bracket)];
    for (const chunk of [half, half, one, bytes('"the rest of it"')]) text.add(chunk);
    expect(text.take()).toEqual(new TooLargeError(100_001, 100_000, 'objects and arrays'));
    text.add(half);
    text.add(half);
    expect(text.take()).toHaveLength(100_000);
  },
);

test('that is too large in bytes is told with these, whatever is in it', () => {
  const text = new JsonText(100_000);
  text.add(bytes('['.repeat(100_001)));
  expect(text.take()).toEqual(new TooLargeError(100_001, 100_000));
});
