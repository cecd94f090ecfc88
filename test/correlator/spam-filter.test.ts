import { expect, test } from 'vitest';
import { SpamFilter } from '../../src/correlator/spam-filter.ts';
import { RowMap } from '../../src/correlator/row-map.ts';

const OPTIONS = { burstSize: 1, qps: 1, lruCacheSize: 2 };

test('each key pays from a bucket of its own', () => {
  const filter = new SpamFilter(OPTIONS, new RowMap(), () => {});
  const accepted = ['a', 'a', 'b', 'b'].map((key) => filter.tryAccept(key, 0));
  expect(accepted).toEqual([true, false, true, false]);
  expect([filter.nextTokenAtMs('a'), filter.nextTokenAtMs('b')]).toEqual([1000, 1000]);
});

test('a forgotten bucket is a full one, and somebody is told', () => {
  const forgotten: string[] = [];
  const filter = new SpamFilter(OPTIONS, new RowMap(), (key) => forgotten.push(key));
  for (const key of ['a', 'b', 'c']) filter.tryAccept(key, 0);
  expect(forgotten).toEqual(['a']);
  expect(filter.nextTokenAtMs('a')).toBe(-Infinity);
  expect(filter.tryAccept('a', 0)).toBe(true);
});

test('asking in vain is a use, and so is a touch, which takes nothing', () => {
  const forgotten: string[] = [];
  const filter = new SpamFilter(OPTIONS, new RowMap(), (key) => forgotten.push(key));
  for (const key of ['a', 'b', 'a']) filter.tryAccept(key, 0);
  filter.touch('c', 0);
  expect(forgotten).toEqual(['b']);
  expect(filter.tryAccept('c', 0)).toBe(true);
});
