import { BehaviorSubject } from 'rxjs';
import { beforeEach, expect, test } from 'vitest';
import { PendingIndex } from '../../src/recorder/pending-index.ts';
import { PendingTimes } from '../../src/recorder/pending-times.ts';
import { FakeClock } from '../support/fake-clock.ts';

const HOUR_MS = 60 * 60_000;

let clock: FakeClock;
let live$: BehaviorSubject<boolean>;
let index: PendingIndex;
let times: PendingTimes;
let rung: (readonly string[])[];

beforeEach(() => {
  clock = new FakeClock();
  live$ = new BehaviorSubject(true);
  index = new PendingIndex();
  rung = [];
  times = new PendingTimes(index, clock, live$, (places) => {
    rung.push(places);
    for (const pending of index.turns()) if (places.includes(pending.place)) index.delete(pending);
    times.plan();
  });
});

function put(key: string, dueMs: number, giveUpAtMs = Infinity, place = key): void {
  const facts = { bootId: 'boot-1', sequence: 1, killLines: 1, podUids: [], sinceMs: 0 };
  const pending = { ...facts, key, place, dueMs, giveUpAtMs };
  index.put(pending);
  times.include(pending);
}

test('time passes only while the pods are watched', async () => {
  live$.next(false);
  const after = async (ms: number): Promise<number> => {
    await clock.advance(ms);
    return times.watchedMs;
  };
  expect([times.isWatched, await after(60_000)]).toEqual([false, 0]);
  live$.next(true);
  expect([times.isWatched, await after(2000)]).toEqual([true, 2000]);
  live$.next(false);
  expect(await after(60_000)).toBe(2000);
  live$.next(true);
  live$.next(true);
  expect(await after(1000)).toBe(3000);
});

test('there is one timer, for whose time is over first', async () => {
  put('a', 3000);
  put('b', 1000);
  put('c', 1000);
  expect(clock.waiting).toBe(1);
  await clock.advance(999);
  expect(rung).toEqual([]);
  await clock.advance(1);
  expect(rung).toEqual([['b', 'c']]);
  await clock.advance(2000);
  expect(rung).toEqual([['b', 'c'], ['a']]);
  expect(clock.waiting).toBe(0);
});

test('time stands still without a watch, but for the day that is all they have', async () => {
  live$.next(false);
  put('a', 1000, 24 * HOUR_MS);
  await clock.advance(23 * HOUR_MS);
  expect([rung, times.watchedMs]).toEqual([[], 0]);
  live$.next(true);
  await clock.advance(1000);
  expect(rung).toEqual([['a']]);
  live$.next(false);
  put('b', 5000, 24 * HOUR_MS);
  await clock.advance(HOUR_MS);
  expect(rung).toEqual([['a'], ['b']]);
});

test('it rings for nobody whose turn has not come', async () => {
  put('a1', Infinity, Infinity, 'a');
  put('a2', 1000, Infinity, 'a');
  await clock.advance(HOUR_MS);
  expect([rung, clock.waiting]).toEqual([[], 0]);
});

test('it is silent when it is stopped', async () => {
  put('a', 1000);
  times.stop();
  await clock.advance(HOUR_MS);
  expect([rung, clock.waiting]).toEqual([[], 0]);
});
