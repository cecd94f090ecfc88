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
  index.put(key, { bootId: 'boot-1', sequence: 1, killLines: 1, ...times, ...what });
}

function keys(index: PendingIndex): string[] {
  return [...index.entries()].map(([key]) => key);
}

describe('pending episodes', () => {
  test('of one place come one after the other, in the order they came', () => {
    const index = indexOf({
      a1: { place: 'a', podUids: ['p'] },
      b1: { place: 'b', podUids: ['p'] },
      a2: { place: 'a', podUids: ['p'] },
    });
    expect([index.isBusy('a'), index.isBusy('c')]).toEqual([true, false]);
    expect(keys(index).filter((key) => index.isNext(key))).toEqual(['a1', 'b1']);
    expect([index.delete('a1'), index.delete('b1'), index.delete('a2')]).toEqual([
      'a2',
      undefined,
      undefined,
    ]);
    expect([index.size, index.isBusy('a'), index.isNext('a1')]).toEqual([0, false, false]);
  });

  test('are found by each pod their cgroup names, as far as it is their turn', () => {
    const index = indexOf({
      a1: { place: 'a', podUids: ['p', 'q'] },
      a2: { place: 'a', podUids: ['p'] },
      b1: { place: 'b', podUids: ['q'] },
    });
    expect([index.ofPod('p'), index.ofPod('q'), index.ofPod('r')]).toEqual([
      ['a1'],
      ['a1', 'b1'],
      [],
    ]);
    index.delete('a1');
    expect([index.ofPod('p'), index.ofPod('q')]).toEqual([['a2'], ['b1']]);
  });

  test('keep their turn when they change, and are found by what they name then', () => {
    const index = indexOf({
      a1: { place: 'a', podUids: ['p'] },
      a2: { place: 'a', podUids: ['p'] },
    });
    put(index, 'a1', { place: 'a', podUids: ['q'] });
    expect(keys(index)).toEqual(['a1', 'a2']);
    expect([index.ofPod('p'), index.ofPod('q'), index.isNext('a1')]).toEqual([[], ['a1'], true]);
  });
});

test('a place is the outermost pod a path names, and its container', () => {
  const nested = `/kubepods/pod${OUTER}/${ID}/kubepods/pod${INNER}/${ID}`;
  const episode = { ...makeEpisode({ sequence: 1 }), taskMemcg: nested };
  expect(placeOf(episode)).toBe(`${OUTER}/${ID}`);
  expect(podUidsOf(episode)).toEqual([OUTER, INNER]);
  expect(placeOf({ ...episode, taskMemcg: '/system.slice/a.service' })).toBe('');
});
