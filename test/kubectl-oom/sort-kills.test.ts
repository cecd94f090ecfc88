import { expect, test } from 'vitest';
import { sortKills } from '../../src/kubectl-oom/sort-kills.ts';
import { aNodeKill, anOomKill } from '../support/oom-kill.ts';

const a = anOomKill({ id: 'a', pod: 'a', count: 3, lastMs: 1, limitBytes: 2 });
const b = anOomKill({ id: 'b', pod: 'b', count: 20, lastMs: 2, limitBytes: 1 });
const node = aNodeKill({ id: 'n', lastMs: 3 });

test.each([
  ['last', 'a,b,n'],
  ['count', 'n,a,b'],
  ['limit', 'b,a,n'],
  ['pod', 'n,a,b'],
  ['namespace', 'n,a,b'],
  ['node', 'a,b,n'],
] as const)('by %s: %s', (key, ids) => {
  const kills = [b, node, a];
  expect(
    sortKills(kills, key)
      .map(({ id }) => id)
      .join(),
  ).toBe(ids);
});

test('of one second by the order of the kernel’s records', () => {
  const kills = [1000, 999, 1001].map((n) => anOomKill({ id: String(n), episode: `boot-1-${n}` }));
  expect(sortKills(kills, 'last').map(({ id }) => id)).toEqual(['999', '1000', '1001']);
});
