import { describe, expect, test, vi } from 'vitest';
import {
  type AskHistory,
  findEpisodes,
  latestPending,
  type HistoryFilter,
  oldestMs,
  readHistory,
} from '../../src/store/history.ts';
import { PreparedDatabase } from '../../src/store/prepared-database.ts';
import type { StoredEpisode } from '../../src/store/stored-episode.ts';
import { BOOT, pendingKill, storedKill, storeWith } from '../support/history.ts';
import { START_MS } from '../support/kill-event.ts';

/** 100 kills of seven pods, every tenth pending, recorded in another order than they happened. */
const KILLS = Array.from({ length: 100 }, (_, n) => {
  const sequence = ((n * 37) % 100) + 1;
  return sequence % 10 === 0 ? pendingKill(sequence) : storedKill(sequence, sequence % 7);
});

async function sequences(
  ask: AskHistory,
  filter: HistoryFilter = {},
  limit?: number,
): Promise<number[]> {
  const all: StoredEpisode[] = [];
  for await (const page of readHistory(ask, filter, limit)) all.push(...page);
  return all.map(({ episode }) => episode.sequence);
}

/** What is asked for, the slow way. */
function expected({ sinceMs = 0, namespace, pod, container, isDecided }: HistoryFilter): number[] {
  return KILLS.filter(({ episode, attribution, state }) => {
    const subject = attribution?.subjects.find(({ kind }) => kind === 'pod');
    const { pod: found, container: its } = subject?.kind === 'pod' ? subject : {};
    return (
      episode.atMs >= sinceMs &&
      (namespace === undefined || found?.namespace === namespace) &&
      (isDecided !== true || state !== 'pending') &&
      (pod === undefined || found?.name === pod) &&
      (container === undefined || its?.name === container)
    );
  })
    .map(({ episode }) => episode.sequence)
    .toSorted((a, b) => b - a);
}

test('the last ones that wait are told apart from the others, the newest first', () => {
  using store = storeWith(KILLS);
  const latest = latestPending((question) => store.episodes.ask(question), 3);
  const recorded = KILLS.filter(({ state }) => state === 'pending').map(
    ({ episode }) => episode.sequence,
  );
  expect(latest.map(({ episode }) => episode.sequence)).toEqual(recorded.toReversed().slice(0, 3));
});

describe('the history', () => {
  test.for<[string, HistoryFilter]>([
    ['all', {}],
    ['those since then', { sinceMs: START_MS + 40_000 }],
    ['those of a namespace', { namespace: 'ns-3' }],
    ['those of a pod', { pod: 'pod-5' }],
    ['those of a container', { container: 'app' }],
    ['those that are decided', { isDecided: true }],
    [
      'those of all three',
      { namespace: 'ns-2', pod: 'pod-2', container: 'app', sinceMs: START_MS + 50_000 },
    ],
    ['none', { namespace: 'ns-2', pod: 'pod-3' }],
    ['none, whatever the name', { namespace: `' OR 1=1 --` }],
  ])('tells %s, the newest first', async ([, filter]) => {
    using store = storeWith(KILLS);
    const ask: AskHistory = (question) => store.episodes.ask(question);
    const all = expected(filter);
    expect(await sequences(ask, filter)).toEqual(all);
    expect(await sequences(ask, filter, 3)).toEqual(all.slice(0, 3));
  });

  test('is the Pod’s where a system-wide OOM hurt the Node as well', async () => {
    const { oomMemcg: _, ...kill } = storedKill(1, 4, { limitLevel: 'system' }).episode;
    const one = storedKill(1, 4, { ...kill, oomMemcg: undefined });
    expect(one.attribution?.subjects.map(({ kind }) => kind)).toEqual(['node', 'pod']);
    using store = storeWith([one]);
    expect(await sequences((ask) => store.episodes.ask(ask), { namespace: 'ns-4' })).toEqual([1]);
  });

  test('is looked at twenty rows a turn, however few are asked for', async () => {
    using store = storeWith(KILLS);
    using all = vi.spyOn(PreparedDatabase.prototype, 'all');
    await sequences((ask) => store.episodes.ask(ask), { namespace: 'nobody' });
    const rows = all.mock.results.map(({ value }) => (value as readonly unknown[]).length);
    expect(rows).toEqual([20, 20, 20, 20, 20, 0]);
  });

  test('leaves out what is recorded meanwhile, and repeats nothing', async () => {
    using store = storeWith(KILLS);
    const seen: number[] = [];
    let added = 200;
    for await (const page of readHistory((ask) => store.episodes.ask(ask), {})) {
      seen.push(...page.map(({ episode }) => episode.sequence));
      store.episodes.add(storedKill((added += 1), 0));
    }
    expect(seen).toEqual(expected({}));
  });

  test('knows since when, while there is any', () => {
    using store = storeWith(KILLS);
    expect(oldestMs((ask) => store.episodes.ask(ask))).toBe(START_MS + 1000);
    using empty = storeWith([]);
    expect(oldestMs((ask) => empty.episodes.ask(ask))).toBeUndefined();
  });

  test('finds an episode by its sequence and as much of its boot as it takes', () => {
    const other = { ...storedKill(7, 1), bootId: 'ffff2b9e-6d0a-4c39-9a51-0c7f2f6f9a10' };
    using store = storeWith([...KILLS, other]);
    const find = (boot: string, sequence: number): string[] =>
      findEpisodes((ask) => store.episodes.ask(ask), boot, sequence).map(({ bootId }) => bootId);
    expect(find('', 8)).toEqual([BOOT]);
    expect(find('', 7)).toHaveLength(2);
    expect(find('3f1c', 7)).toEqual([BOOT]);
    expect(find(other.bootId, 7)).toEqual([other.bootId]);
    expect(find('%', 7)).toEqual([]);
    expect(find('', 1234)).toEqual([]);
  });
});
