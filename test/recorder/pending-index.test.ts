import { describe, expect, test } from 'vitest';
import { PendingIndex, placeOf, podUidsOf } from '../../src/recorder/pending-index.ts';
import { makeEpisode } from '../support/make-episode.ts';

const OUTER = 'aaaaaaaa-0000-4000-8000-000000000001';
const INNER = 'bbbbbbbb-0000-4000-8000-000000000002';
const ID = 'c'.repeat(64);

function indexOf(episodes: Readonly<Record<string, { place: string; podUids: string[] }>>) {
  const index = new PendingIndex();
  for (const [key, what] of Object.entries(episodes)) put(index, key, what);
  return index;
}

function put(index: PendingIndex, key: string, what: { place: string; podUids: string[] }): void {
  const times = { sinceMs: 0, dueMs: 0, giveUpAtMs: 0 };
  index.put({ key, bootId: 'boot-1', sequence: 1, killLines: 1, ...times, ...what });
}

function remove(index: PendingIndex, key: string): void {
  const pending = index.get(key);
  if (pending !== undefined) index.delete(pending);
}

function turns(index: PendingIndex): string[] {
  return Array.from(index.turns(), ({ key }) => key);
}

describe('pending episodes', () => {
  test('of one place come one after the other, in the order they came', () => {
    const index = indexOf({
      a1: { place: 'a', podUids: ['p'] },
      b1: { place: 'b', podUids: ['p'] },
      a2: { place: 'a', podUids: ['p'] },
    });
    expect([index.isBusy('a'), index.isBusy('c')]).toEqual([true, false]);
    expect(turns(index)).toEqual(['a1', 'b1']);
    remove(index, 'a1');
    expect(turns(index)).toEqual(['b1', 'a2']);
    const decided: string[] = [];
    for (const pending of index.turns()) {
      decided.push(pending.key);
      index.delete(pending);
    }
    expect(decided).toEqual(['b1', 'a2']);
    expect([index.size, index.isBusy('a')]).toEqual([0, false]);
  });

  test('of one place have their turns at once where each is decided when it comes', () => {
    const index = indexOf({
      a1: { place: 'a', podUids: [] },
      b1: { place: 'b', podUids: [] },
      a2: { place: 'a', podUids: [] },
      b2: { place: 'b', podUids: [] },
    });
    const seen: string[] = [];
    for (const pending of index.turns()) {
      seen.push(pending.key);
      if (pending.place === 'a') index.delete(pending);
    }
    expect(seen).toEqual(['a1', 'b1', 'a2']);
  });

  test('are found by each pod their cgroup names', () => {
    const index = indexOf({
      a1: { place: 'a', podUids: ['p', 'q'] },
      a2: { place: 'a', podUids: ['p'] },
      b1: { place: 'b', podUids: ['q'] },
    });
    const places = ['p', 'q', 'r'].map((uid) => [...index.placesOf(uid)]);
    expect(places).toEqual([['a'], ['a', 'b'], []]);
    remove(index, 'a1');
    expect([...index.placesOf('q')]).toEqual(['b']);
  });

  test('keep their turn when they change, and are found by what they name then', () => {
    const index = indexOf({
      a1: { place: 'a', podUids: ['p'] },
      a2: { place: 'a', podUids: ['p'] },
    });
    put(index, 'a1', { place: 'a', podUids: ['q'] });
    expect(turns(index)).toEqual(['a1']);
    remove(index, 'a2');
    expect([...index.placesOf('p'), ...index.placesOf('q')]).toEqual(['a']);
  });
});

test('a place is the outermost pod a path names, and its container', () => {
  const nested = `/kubepods/pod${OUTER}/${ID}/kubepods/pod${INNER}/${ID}`;
  const episode = { ...makeEpisode({ sequence: 1 }), taskMemcg: nested };
  expect(placeOf(episode)).toBe(`${OUTER}/${ID}`);
  expect(podUidsOf(episode)).toEqual([OUTER, INNER]);
  expect(placeOf({ ...episode, taskMemcg: '/system.slice/a.service' })).toBe('');
});
