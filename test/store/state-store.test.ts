import { rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { WriteDecision } from '../../src/correlator/decision.ts';
import { patchOf } from '../../src/correlator/event-patch.ts';
import { MAX_PENDING } from '../../src/store/episode-table.ts';
import { MemoryTable } from '../../src/store/memory-table.ts';
import { OutboxTable } from '../../src/store/outbox-table.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { killEvent, START_MS } from '../support/kill-event.ts';
import { late, makeEpisode } from '../support/make-episode.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { settleEpisode } from '../support/settle-episode.ts';
import { tempDirectory } from '../support/temp-directory.ts';
import { latestEpisodes } from '../support/latest-episodes.ts';

const BOOT = 'boot-1';
const NODE = { subjects: [{ kind: 'node' as const }], source: 'none' as const };
const DAY_MS = 24 * 60 * 60_000;
const NONE: ReadonlySet<string> = new Set();

function openStore(directory?: string, historyMax = 10_000, log = new MemoryLog()): StateStore {
  return new StateStore({ directory, historyMax, log, nowMs: () => START_MS });
}

function create(pod: string, id = 1): WriteDecision {
  return { verb: 'create', event: killEvent({ atMs: 0, id, pod }) };
}

describe('the cursor', () => {
  test('is absent at first, and never goes back within a boot', () => {
    using store = openStore();
    expect(store.cursor.read()).toBeUndefined();
    store.cursor.advance({ bootId: BOOT, sequence: 9, backlogUntil: 5 });
    store.cursor.advance({ bootId: BOOT, sequence: 7, backlogUntil: -1 });
    expect(store.cursor.read()).toEqual({ bootId: BOOT, sequence: 9, backlogUntil: -1 });
  });

  test('begins anew with another boot', () => {
    using store = openStore();
    store.cursor.advance({ bootId: BOOT, sequence: 900, backlogUntil: -1 });
    store.cursor.advance({ bootId: 'boot-2', sequence: 3, backlogUntil: 5 });
    expect(store.cursor.read()).toEqual({ bootId: 'boot-2', sequence: 3, backlogUntil: 5 });
  });
});

describe('the outbox', () => {
  test('gives the oldest row whose object is not left out', () => {
    using store = openStore();
    for (const pod of ['a', 'b', 'a']) store.outbox.add(create(pod), START_MS);
    expect(store.outbox.next(NONE, NONE)).toMatchObject({ id: 1, objectKey: 'Pod/shop/a' });
    expect(store.outbox.next(new Set(['Pod/shop/a']), NONE)).toMatchObject({ id: 2 });
    expect(store.outbox.next(new Set(['Pod/shop/a', 'Pod/shop/b']), NONE)).toBeUndefined();
    expect(store.outbox.nextOf('Pod/shop/a', NONE)).toMatchObject({ id: 1 });
    store.outbox.delete(1);
    expect(store.outbox.next(new Set(['Pod/shop/b']), NONE)).toMatchObject({ id: 3 });
    expect(store.outbox.nextOf('Pod/shop/a', NONE)).toMatchObject({ id: 3 });
    expect(store.outbox.nextOf('Pod/shop/c', NONE)).toBeUndefined();
  });

  test('passes over every row of an Event that is set aside, and over no other', () => {
    using store = openStore();
    const { event } = create('a', 1) as Extract<WriteDecision, { verb: 'create' }>;
    store.outbox.add(create('a', 1), START_MS);
    store.outbox.add({ verb: 'patch', event, patch: patchOf(event) }, START_MS);
    store.outbox.add(create('a', 2), START_MS);
    const aside = new Set([event.metadata.name]);
    expect(store.outbox.next(NONE, aside)).toMatchObject({ id: 3 });
    expect(store.outbox.nextOf('Pod/shop/a', aside)).toMatchObject({ id: 3 });
    expect(store.outbox.next(new Set(['Pod/shop/a']), aside)).toBeUndefined();
  });

  test('gives back what was put in, and says how much waits since when', () => {
    using store = openStore();
    const event = { ...killEvent({ atMs: 0, id: 1 }), count: 2 };
    expect(store.outbox.waiting()).toEqual({ rows: 0 });
    store.outbox.add({ verb: 'patch', event, patch: patchOf(event) }, START_MS + 5);
    expect(store.outbox.next(NONE, NONE)).toEqual({
      id: 1,
      objectKey: 'Pod/shop/pod-1',
      enteredAtMs: START_MS + 5,
      verb: 'patch',
      event,
      patch: patchOf(event),
    });
    expect(store.outbox.waiting()).toEqual({ rows: 1, oldestEnteredAtMs: START_MS + 5 });
  });
});

describe('ids', () => {
  test('are given once, over restarts', () => {
    const directory = tempDirectory();
    for (const id of [1, 2, 3]) {
      using store = openStore(directory);
      store.outbox.add(create('a'), START_MS);
      expect(store.outbox.next(NONE, NONE)).toMatchObject({ id });
      store.outbox.delete(id);
    }
    using store = openStore(directory);
    expect(store.outbox.waiting().rows).toBe(0);
  });

  test('go on while the file is away, and in one that is begun anew', () => {
    const directory = tempDirectory();
    let nowMs = START_MS;
    const log = new MemoryLog();
    using store = new StateStore({ directory, historyMax: 9, log, nowMs: () => nowMs });
    const addOne = (sequence: number): void =>
      store.episodes.add({
        bootId: BOOT,
        state: 'recorded',
        enteredMs: START_MS,
        episode: makeEpisode({ sequence }),
        attribution: NODE,
      });
    const after = (id: number): number[] =>
      store.history.attributed(id, [], 9).map(({ episode }) => episode.sequence);
    for (const sequence of [1, 2, 3]) addOne(sequence);
    rmSync(directory, { recursive: true });
    addOne(4);
    expect(after(3)).toEqual([4]);
    nowMs += 61_000;
    addOne(5);
    expect(store.writable).toBe(true);
    expect(after(3)).toEqual([4, 5]);
  });
});

describe('a row of the outbox that is damaged', () => {
  test.each([
    ['is cut', '{"metadata":{"name":"a"'],
    ['is another thing', '7'],
    ['is nothing', 'null'],
    ['names no Event', '{"metadata":{"namespace":"shop"},"involvedObject":{}}'],
    ['is about nothing', '{"metadata":{"name":"a","namespace":"shop"}}'],
  ])('is given as unreadable when its Event %s, and can be deleted', (_name, event) => {
    const run = (): void => undefined;
    const table = new MemoryTable('outbox', ['id'], 'object_key');
    const outbox = new OutboxTable(table, (operation) => operation(run));
    for (const pod of ['a', 'b']) outbox.add(create(pod), START_MS);
    table.put({ ...table.get(1), event }, run);

    for (const aside of [NONE, new Set(['b'])]) {
      const unreadable = { verb: 'unreadable', id: 1, err: expect.any(Error) };
      expect(outbox.next(NONE, aside)).toEqual(unreadable);
    }
    outbox.delete(1);
    expect(outbox.next(NONE, NONE)).toMatchObject({ id: 2, verb: 'create' });
  });
});

describe('the episodes', () => {
  const stored = (sequence: number, state: 'pending' | 'recorded' | 'kept') => ({
    bootId: BOOT,
    state,
    enteredMs: START_MS,
    episode: makeEpisode({ sequence }),
  });

  test('are known by boot and sequence, and pending until they are settled', () => {
    using store = openStore();
    store.episodes.add(stored(1, 'pending'));
    store.episodes.add(stored(2, 'recorded'));
    expect(store.episodes.find(BOOT, 1)).toEqual(stored(1, 'pending'));
    expect(store.episodes.find('boot-2', 1)).toBeUndefined();
    expect([...store.episodes.pending()]).toEqual([stored(1, 'pending')]);
    expect(store.episodes.findPending(BOOT, 1)).toEqual({ ...stored(1, 'pending'), id: 1 });
    expect(store.episodes.findPending(BOOT, 2)).toBeUndefined();

    settleEpisode(store, BOOT, 1, 'recorded', NODE);
    expect([...store.episodes.pending()]).toEqual([]);
    expect(latestEpisodes(store, 9)).toEqual([
      stored(2, 'recorded'),
      { ...stored(1, 'recorded'), attribution: NODE },
    ]);
  });

  test('are let go by number and by age, but never while they are pending', () => {
    using store = openStore(undefined, 3);
    store.episodes.add(stored(1, 'pending'));
    for (const sequence of [2, 3, 4, 5]) store.episodes.add(stored(sequence, 'kept'));
    const left = () => latestEpisodes(store, 9).map(({ episode }) => episode.sequence);
    expect(left()).toEqual([5, 4, 3, 1]);

    store.episodes.add({ ...stored(6, 'kept'), enteredMs: START_MS + 30 * DAY_MS + 5_000 });
    expect(left()).toEqual([6, 5, 1]);
  });

  test.for([undefined, 'a directory'])(
    'are given to who comes later once they are attributed, and counted before (%s)',
    (where) => {
      using store = openStore(where && tempDirectory());
      const recorded = (sequence: number) => ({
        ...stored(sequence, 'recorded'),
        attribution: NODE,
      });
      for (const sequence of [1, 2, 3]) store.episodes.add(recorded(sequence));
      store.episodes.add(stored(4, 'pending'));
      store.episodes.add(stored(5, 'kept'));
      store.episodes.add(recorded(6));
      const after = (id: number, among: number[] = []) =>
        store.history.attributed(id, among, 9).map((row) => row.id);
      expect([after(0), after(2), after(3, [1, 4])]).toEqual([
        [1, 2, 3, 6],
        [3, 6],
        [1, 6],
      ]);
      expect(store.history.attributable(3, [1])).toEqual([1, 4, 6]);
      expect(store.history.attributable(2, [], 5)).toEqual([3, 4]);
      settleEpisode(store, BOOT, 4, 'recorded', NODE);
      expect(after(3)).toEqual([4, 6]);
    },
  );

  test('are loaded as far as may be pending, the newest; the others are in the file', () => {
    const directory = tempDirectory();
    {
      using store = openStore(directory);
      store.transaction(() => {
        for (let sequence = 1; sequence <= MAX_PENDING + 3; sequence += 1)
          store.episodes.add(stored(sequence, 'pending'));
      });
      expect(store.episodes.unloaded(0, 9)).toEqual([]);
    }
    using store = openStore(directory);
    expect(store.episodes.pendingCount()).toBe(MAX_PENDING);
    const unloaded = (id: number, count: number): number[] =>
      store.episodes.unloaded(id, count).map(({ episode }) => episode.sequence);
    expect([unloaded(0, 2), unloaded(2, 2)]).toEqual([[1, 2], [3]]);
    for (const first of store.episodes.unloaded(0, 1))
      store.episodes.settle({ ...first, state: 'recorded', attribution: NODE });
    expect(unloaded(0, 9)).toEqual([2, 3]);
    expect(latestEpisodes(store, MAX_PENDING + 3)).toHaveLength(MAX_PENDING + 3);
  });

  test('are the newest thousand where there is no file', () => {
    using store = openStore();
    store.episodes.add(stored(1, 'pending'));
    for (let sequence = 2; sequence <= 1102; sequence += 1)
      store.episodes.add({ ...stored(sequence, 'recorded'), attribution: NODE });
    const left = latestEpisodes(store, 9999).map(({ episode }) => episode.sequence);
    expect([left.length, left.at(0), left.at(-2), left.at(-1)]).toEqual([1001, 1102, 103, 1]);
    expect(store.history.oldestDecided()).toBe(103);
  });

  test('that were decided, or had more to say, while the file was away are so when it is back', () => {
    const directory = tempDirectory();
    let nowMs = START_MS;
    const log = new MemoryLog();
    const options = { directory, historyMax: 10_000, log, nowMs: () => nowMs };
    using store = new StateStore(options);
    store.transaction(() => {
      for (let sequence = 1; sequence <= 1502; sequence += 1)
        store.episodes.add(stored(sequence, 'pending'));
    });
    utimesSync(join(directory, 'state.db'), 1, 1);
    store.transaction(() => {
      store.episodes.amend(BOOT, late(makeEpisode({ sequence: 1502 })));
      for (let sequence = 1; sequence <= 1500; sequence += 1)
        settleEpisode(store, BOOT, sequence, 'recorded', NODE);
    });
    store.transaction(() => {
      for (let sequence = 1503; sequence <= 2600; sequence += 1)
        store.episodes.add({ ...stored(sequence, 'recorded'), attribution: NODE });
    });
    expect(store.writable).toBe(false);
    expect(store.episodes.pendingCount()).toBe(2);

    nowMs += 61_000;
    store.notes.put([{ key: 'n', value: 1 }]);
    expect(store.writable).toBe(true);
    expect([...store.episodes.pending()].map(({ episode }) => episode)).toEqual([
      makeEpisode({ sequence: 1501 }),
      late(makeEpisode({ sequence: 1502 })),
    ]);
    const all = latestEpisodes(store, 9999);
    expect(all.filter(({ state }) => state === 'recorded').length).toBe(2500);
  });

  test('keep the largest fifty tasks', () => {
    using store = openStore();
    const tasks = Array.from({ length: 200 }, (_, pid) => ({
      pid,
      tgid: pid,
      uid: 0,
      comm: 'x',
      totalVmPages: 1,
      oomScoreAdj: 0,
      rssPages: pid,
    }));
    const episode = { ...makeEpisode({ sequence: 1 }), tasks };
    store.episodes.add({ ...stored(1, 'recorded'), episode });
    const kept = latestEpisodes(store, 1)[0]?.episode.tasks.map(({ pid }) => pid);
    expect(kept).toHaveLength(50);
    expect(Math.min(...(kept ?? []))).toBe(150);
  });
});

describe('a transaction', () => {
  test('is all or nothing, and survives the process', () => {
    const directory = tempDirectory();
    {
      using store = openStore(directory);
      store.transaction(() => {
        store.outbox.add(create('a'), START_MS);
        store.containers.put([{ key: 'c1', value: { pod: 'a' } }]);
      });
      const failing = () =>
        store.transaction(() => {
          store.outbox.add(create('b'), START_MS);
          throw new Error('on purpose');
        });
      expect(failing).toThrow('on purpose');
      expect(store.writable).toBe(true);
    }
    using store = openStore(directory);
    expect(store.outbox.waiting()).toMatchObject({ rows: 1 });
    expect(store.containers.rows()).toEqual([{ key: 'c1', value: { pod: 'a' } }]);
  });

  test('within another is a part of that', () => {
    const directory = tempDirectory();
    {
      using store = openStore(directory);
      const both = (isWhole: boolean) => () =>
        store.transaction(() => {
          store.outbox.add(create('a'), START_MS);
          store.transaction(() => store.notes.put([{ key: 'n', value: isWhole }]));
          if (!isWhole) throw new Error('on purpose');
        });
      expect(both(false)).toThrow('on purpose');
      expect([store.outbox.waiting().rows, store.notes.get('n')]).toEqual([0, undefined]);
      both(true)();
    }
    using store = openStore(directory);
    expect([store.outbox.waiting().rows, store.notes.get('n')]).toEqual([1, true]);
  });

  test('has what rides along written with it, where nothing fails', () => {
    using store = openStore();
    let saved = 0;
    const note = (key: string) => store.notes.put([{ key, value: saved }]);
    store.beforeCommit(() => {
      saved += 1;
      note('along');
    });
    expect(() =>
      store.transaction(() => {
        throw new Error('on purpose');
      }),
    ).toThrow('on purpose');
    note('alone');
    expect([saved, store.notes.get('along')]).toEqual([0, undefined]);
    store.transaction(() => store.transaction(() => note('both')));
    expect([saved, store.notes.get('along')]).toEqual([1, 1]);
    store.beforeCommit(() => {
      throw new Error('a bug');
    });
    expect(() => store.transaction(() => note('lost'))).toThrow('a bug');
    expect(store.notes.get('lost')).toBeUndefined();
  });

  test('does what an operation makes of others, all of it at once', () => {
    const directory = tempDirectory();
    {
      using store = openStore(directory);
      store.transaction(() => {
        store.change(() => store.notes.put([{ key: 'last', value: 1 }]));
        expect(store.notes.get('last')).toBeUndefined();
      });
      expect(store.notes.get('last')).toBe(1);
    }
    using store = openStore(directory);
    expect(store.notes.rows()).toEqual([{ key: 'last', value: 1 }]);
    store.notes.put([{ key: 'last', value: undefined }]);
    expect(store.notes.rows()).toEqual([]);
  });

  test('keeps the kinds of known rows apart, also where all of one are replaced', () => {
    using store = openStore();
    store.containers.put([{ key: 'x', value: 1 }]);
    store.notes.put([{ key: 'x', value: 2 }]);
    store.notes.replace([{ key: 'y', value: { n: 3 } }]);
    expect(store.containers.get('x')).toBe(1);
    expect(store.notes.rows()).toEqual([{ key: 'y', value: { n: 3 } }]);
    expect(store.notes.get('x')).toBeUndefined();
  });

  test('is in memory without a directory, and the log says so once', () => {
    const log = new MemoryLog();
    using store = openStore(undefined, 10, log);
    expect(store.writable).toBe(true);
    expect(log.said('warn')).toEqual([expect.stringContaining('no state directory')]);
  });
});
