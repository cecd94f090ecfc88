import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PointQueue } from '../../src/wiring/point-queue.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { START_MS } from '../support/kill-event.ts';
import { makeEpisode } from '../support/make-episode.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { settleEpisode } from '../support/settle-episode.ts';
import { tempDirectory } from '../support/temp-directory.ts';

const BOOT = 'boot-1';
const NODE = { subjects: [{ kind: 'node' as const }], source: 'none' as const };

let directory: string;
let store: StateStore;
let queue: PointQueue;

function open(historyMax = 10_000): void {
  const options = { directory, historyMax, log: new MemoryLog(), nowMs: () => START_MS };
  store = new StateStore(options);
  queue = new PointQueue(store, () => START_MS);
}

function reopen(historyMax?: number): void {
  store[Symbol.dispose]();
  open(historyMax);
}

beforeEach(() => {
  directory = tempDirectory();
  open();
});
afterEach(() => store[Symbol.dispose]());

const stored = (sequence: number) => ({
  bootId: BOOT,
  enteredMs: START_MS,
  episode: makeEpisode({ sequence }),
});

function record(...sequences: readonly number[]): void {
  for (const sequence of sequences)
    store.episodes.add({ ...stored(sequence), state: 'recorded', attribution: NODE });
}

function begin(sequence: number): void {
  store.episodes.add({ ...stored(sequence), state: 'pending' });
}

function finish(sequence: number): void {
  settleEpisode(store, BOOT, sequence, 'recorded', NODE);
}

const ids = (limit = 9): number[] => queue.pending(limit).map(({ id }) => id);

/** Writes the next ones. */
function send(limit: number): void {
  queue.settle(queue.pending(limit));
}

describe('the points that wait', () => {
  test('are counted, in a directory too', () => {
    record(1, 2, 3);
    expect(queue.count()).toBe(3);
    send(2);
    expect([queue.count(), ids()]).toEqual([1, [3]]);
  });

  test('wait for none whose attribution is pending, and it comes when it is decided', () => {
    record(1);
    begin(2);
    record(3, 4);
    expect(ids()).toEqual([1, 3, 4]);
    send(2);
    expect([queue.count(), ids()]).toEqual([2, [4]]);
    finish(2);
    expect(ids()).toEqual([2, 4]);
    send(9);
    expect([queue.count(), ids()]).toEqual([0, []]);
  });

  test('have one among them that was decided while the ones behind it were written', () => {
    begin(1);
    record(2);
    const batch = queue.pending(9);
    finish(1);
    queue.settle(batch);
    expect(ids()).toEqual([1]);
  });

  test('are the same after a restart', () => {
    begin(1);
    record(2, 3);
    send(1);
    reopen();
    finish(1);
    expect(ids()).toEqual([1, 3]);
  });

  test('are missed once where the history let go of them', () => {
    reopen(5);
    record(1, 2);
    send(1);
    record(3, 4, 5, 6, 7, 8, 9, 10);
    expect([queue.takeExpired(), queue.takeExpired()]).toEqual([4, 0]);
    expect([queue.count(), ids()]).toEqual([5, [6, 7, 8, 9, 10]]);
  });

  test('are not missed while they are pending, whatever goes around them', () => {
    reopen(2);
    begin(1);
    begin(2);
    record(3, 4, 5, 6);
    expect(queue.takeExpired()).toBe(2);
    finish(1);
    expect(ids()).toEqual([1, 5, 6]);
    record(7);
    expect(queue.takeExpired()).toBe(2);
    finish(2);
    expect(ids()).toEqual([2, 6, 7]);
  });

  test('are not missed from before somebody named an InfluxDB', () => {
    reopen(2);
    store.notes.forgetBefore(Number.MAX_SAFE_INTEGER);
    record(1, 2, 3, 4);
    queue = new PointQueue(store, () => START_MS);
    expect([queue.takeExpired(), ids()]).toEqual([0, [3, 4]]);
  });

  test('are none that were never attributed: no counter has them', () => {
    store.episodes.add({ ...stored(1), state: 'kept' });
    begin(2);
    record(3);
    expect(ids()).toEqual([3]);
    send(9);
    settleEpisode(store, BOOT, 2, 'kept');
    expect([queue.count(), ids()]).toEqual([0, []]);
  });
});
