import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lru } from '../../src/correlator/lru.ts';
import { RowMap } from '../../src/correlator/row-map.ts';

test('the least recently used entry pays for the space', () => {
  const evicted: string[] = [];
  const cache = new Lru<number>(2, new RowMap(), (key) => evicted.push(key));
  cache.set('a', 1);
  cache.set('b', 2);
  cache.set('a', 3);
  cache.set('c', 4);
  expect(evicted).toEqual(['b']);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([3, undefined, 4]);
});

test('shrinks when it was restored from more than it may hold', () => {
  const rows = ['a', 'b', 'c'].map((key, order) => ({ key, value: 0, order }));
  const map = new RowMap(rows);
  const cache = new Lru<number>(2, map);
  cache.set('d', 1);
  expect(map.takeChanges().map(({ key, value }) => [key, value])).toEqual([
    ['d', 1],
    ['a', undefined],
    ['b', undefined],
  ]);
});

test('of a negative size holds nothing, as in Go', () => {
  const cache = new Lru<number>(-1, new RowMap());
  cache.set('a', 1);
  expect(cache.get('a')).toBeUndefined();
});

test('holds what an array moved to the front at each use would hold', () => {
  const uses = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 40 });
  fc.assert(
    fc.property(uses, fc.integer({ min: 1, max: 4 }), (keys, size) => {
      const cache = new Lru<number>(size, new RowMap());
      let naive: string[] = [];
      for (const key of keys) {
        cache.set(key, 0);
        naive = [key, ...naive.filter((other) => other !== key)].slice(0, size);
      }
      const held = ['a', 'b', 'c', 'd', 'e'].filter((key) => cache.get(key) !== undefined);
      expect(held).toEqual(naive.toSorted());
    }),
  );
});
