import { expect, test } from 'vitest';
import { RowMap } from '../../src/correlator/row-map.ts';

test('reports what changed since the last question, and only once', () => {
  const map = new RowMap<number>();
  map.append('a', 1);
  map.append('b', 2);
  map.append('a', 3);
  expect(map.takeChanges()).toEqual([
    { key: 'a', value: 3, order: 3 },
    { key: 'b', value: 2, order: 2 },
  ]);
  expect(map.takeChanges()).toEqual([]);
});

test('a stored entry that goes is a row without a value', () => {
  const map = new RowMap([{ key: 'a', value: 1, order: 1 }]);
  map.delete('a');
  expect(map.takeChanges()).toEqual([{ key: 'a', value: undefined, order: 0 }]);
});

test('what came and went between two questions is no change', () => {
  const map = new RowMap<number>();
  map.append('a', 1);
  map.delete('a');
  expect(map.takeChanges()).toEqual([]);
});

test('what went and came back is one change', () => {
  const map = new RowMap([{ key: 'a', value: 1, order: 7 }]);
  map.delete('a');
  map.append('a', 2);
  expect(map.takeChanges()).toEqual([{ key: 'a', value: 2, order: 8 }]);
});

test('stands in the order of its rows, whatever order they come in', () => {
  const map = new RowMap([
    { key: 'late', value: 1, order: 9 },
    { key: 'early', value: 2, order: 4 },
  ]);
  expect([...map.entries()]).toEqual([
    ['early', 2],
    ['late', 1],
  ]);
});

test('a replaced entry keeps its place, an appended one loses it', () => {
  const map = new RowMap<number>();
  for (const key of ['a', 'b', 'c']) map.append(key, 0);
  map.replace('a', 1);
  map.append('b', 1);
  expect([...map.entries()].map(([key]) => key)).toEqual(['a', 'c', 'b']);
  expect(map.orderOf('a')).toBe(1);
  expect(map.orderOf('nobody')).toBeUndefined();
});
