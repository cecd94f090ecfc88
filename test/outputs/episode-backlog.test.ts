import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EpisodeBacklog } from '../../src/outputs/episode-backlog.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { START_MS } from '../support/kill-event.ts';
import { makeEpisode } from '../support/make-episode.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { settleEpisode } from '../support/settle-episode.ts';
import { tempDirectory } from '../support/temp-directory.ts';

const BOOT = 'boot-1';
const INFLUX = { name: 'influx', backfills: true };
const NODE = { subjects: [{ kind: 'node' as const }], source: 'none' as const };

let directory: string;
let nowMs = START_MS;
let store: StateStore;
let queue: EpisodeBacklog;

function open(historyMax = 10_000): void {
  const options = { directory, historyMax, log: new MemoryLog(), nowMs: () => nowMs };
  store = new StateStore(options);
  queue = new EpisodeBacklog(store, INFLUX, () => START_MS);
}

function reopen(historyMax?: number): void {
  store[Symbol.dispose]();
  open(historyMax);
}

beforeEach(() => {
  directory = tempDirectory();
  nowMs = START_MS;
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

  test('are each output’s own, under the names that the state file has had from the first', () => {
    record(1, 2);
    send(1);
    const other = new EpisodeBacklog(store, { name: 'other', backfills: true }, () => START_MS);
    expect(other.count()).toBe(2);
    expect(['influx-mark', 'influx-passed'].map((key) => store.notes.get(key))).toEqual([1, []]);
  });

  test('are those to come where an output does not begin with the past', () => {
    record(1, 2);
    const other = new EpisodeBacklog(store, { name: 'other', backfills: false }, () => START_MS);
    record(3);
    expect(other.pending(9).map(({ id }) => id)).toEqual([3]);
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
    store.notes.replace([]);
    record(1, 2, 3, 4);
    queue = new EpisodeBacklog(store, INFLUX, () => START_MS);
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

describe('while the state file is away', () => {
  const lose = (): void => utimesSync(join(directory, 'state.db'), 1, 1);

  function regain(): void {
    nowMs += 61_000;
    store.notes.put([{ key: 'n', value: nowMs }]);
    expect(store.writable).toBe(true);
  }

  const sequences = (): number[] => queue.pending(9).map(({ episode }) => episode.sequence);

  test('no mark passes what only the file has, and what was delivered is so when it is back', () => {
    record(1, 2, 3, 4, 5);
    lose();
    record(6);
    expect([ids(), queue.count()]).toEqual([[6], 1]);
    send(9);
    expect([ids(), queue.count(), store.notes.get('influx-mark')]).toEqual([[], 0, 0]);
    record(7, 8);
    expect([ids(1), queue.count()]).toEqual([[7], 2]);
    send(1);
    regain();
    expect([ids(), queue.takeExpired(), queue.count()]).toEqual([[1, 2, 3, 4, 5, 8], 0, 6]);
    send(9);
    reopen();
    expect([ids(), queue.count()]).toEqual([[], 0]);
  });

  test('one that was on its way when it came back is delivered', () => {
    record(1);
    lose();
    record(2);
    const batch = queue.pending(9);
    regain();
    queue.settle(batch);
    expect(sequences()).toEqual([1]);
  });

  test('one that fails when the mark would be moved keeps its mark', () => {
    record(1, 2);
    send(1);
    const batch = queue.pending(1);
    record(3);
    lose();
    queue.settle(batch);
    expect([store.writable, store.notes.get('influx-mark')]).toEqual([false, 1]);
    regain();
    expect(sequences()).toEqual([3]);
  });

  test('what was settled is no other one of a file that gave the same ids', () => {
    record(1, 2, 3);
    store[Symbol.dispose]();
    const aside = `${directory}-aside`;
    renameSync(directory, aside);
    mkdirSync(directory);
    open();
    record(11, 12);
    lose();
    record(13);
    send(9);
    rmSync(directory, { recursive: true });
    renameSync(aside, directory);
    regain();
    expect(sequences().slice(0, 3)).toEqual([1, 2, 3]);
    expect(sequences()).not.toContain(13);
  });

  test('what memory let go of after it was settled does not expire', () => {
    lose();
    for (let sequence = 1; sequence <= 1100; sequence += 1) record(sequence);
    expect(queue.count()).toBe(1001);
    send(2000);
    record(1101, 1102);
    expect([queue.count(), sequences()]).toEqual([2, [1101, 1102]]);
    regain();
    expect([queue.takeExpired(), sequences()]).toEqual([0, [1101, 1102]]);
  });

  test.each([
    ['named for the first time', false],
    ['that knows its mark', true],
  ])('from the first, an output %s is told of nothing twice', (_, isKnown) => {
    const pager = () => new EpisodeBacklog(store, { name: 'pager', backfills: false }, () => nowMs);
    if (isKnown) pager();
    record(1, 2);
    if (isKnown) pager().settle(pager().pending(9));
    store[Symbol.dispose]();
    const aside = `${directory}-aside`;
    renameSync(directory, aside);
    writeFileSync(directory, 'in its place');
    nowMs += 1000;
    open();
    const output = pager();
    const record3 = { ...stored(3), enteredMs: nowMs, attribution: NODE };
    store.episodes.add({ ...record3, state: 'recorded' });
    expect(output.pending(9)).toHaveLength(1);
    rmSync(directory);
    renameSync(aside, directory);
    regain();
    expect(output.pending(9).map(({ episode }) => episode.sequence)).toEqual([3]);
  });
});
