import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { migrate, SCHEMA, schemaVersion } from '../../src/store/schema.ts';
import { StateStore } from '../../src/store/state-store.ts';
import {
  FRAME_BYTES,
  leftStates,
  openCut,
  PAGE_BYTES,
  WAL_HEADER_BYTES,
} from '../support/cut-state.ts';
import { killEvent, START_MS } from '../support/kill-event.ts';
import { makeEpisode } from '../support/make-episode.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { needsMounts, SmallDisk } from '../support/disks.ts';
import { tempDirectory } from '../support/temp-directory.ts';
import { latestEpisodes } from '../support/latest-episodes.ts';

const BOOT = 'boot-1';
/** 8,000 states opened, each in half a millisecond where nobody else wants the processor. */
const TRUNCATED_TIMEOUT_MS = 180_000;

const isLeftOut = await needsMounts();

let nowMs = START_MS;

function openStore(directory: string, log = new MemoryLog()): StateStore {
  return new StateStore({ directory, historyMax: 100, log, nowMs: () => nowMs });
}

function record(store: StateStore, sequence: number): void {
  const episode = makeEpisode({ sequence });
  store.transaction(() => {
    store.cursor.advance({ bootId: BOOT, sequence, backlogUntil: -1 });
    store.episodes.add({ bootId: BOOT, state: 'recorded', enteredMs: nowMs, episode });
    const event = killEvent({ atMs: 0, id: sequence, pod: `pod-${sequence}` });
    store.outbox.add({ verb: 'create', event }, nowMs);
    store.correlator.apply([
      { kind: 'bucket', key: `${sequence}`, order: sequence, value: { tokens: 1, lastMs: 2 } },
    ]);
  });
}

function execute(path: string, sql: string): void {
  using db = new DatabaseSync(path, { defensive: false });
  db.exec(sql);
}

test('an episode that was just recorded is known while the file is away: its lines may come late', () => {
  const directory = tempDirectory();
  using store = openStore(directory);
  for (const sequence of range(1, 30)) record(store, sequence);
  rmSync(join(directory, 'state.db'));
  record(store, 30);
  expect(store.writable).toBe(false);
  expect(store.episodes.find(BOOT, 29)?.episode.sequence).toBe(29);
  expect(store.episodes.find('boot-2', 29)).toBeUndefined();
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** Everything waits: nothing was lost, whatever happened to the file. */
function expectAll(store: StateStore, sequences: number): void {
  expect(store.outbox.waiting().rows).toBe(sequences);
  expect(store.correlator.rows()).toHaveLength(sequences);
  expect(store.cursor.read()?.sequence).toBe(sequences);
}

describe('a state file that is damaged', () => {
  // Every byte of every page and frame takes minutes: `make soak` does that.
  test.each(
    leftStates().flatMap((state) => Object.keys(state.files).map((file) => ({ state, file }))),
  )(
    '$state.name: $file is opened wherever it was truncated',
    ({ state, file }) => {
      const bytes = state.files[file]?.length ?? 0;
      const isMain = file === 'state.db';
      const begin = isMain ? 0 : WAL_HEADER_BYTES;
      const unit = isMain ? PAGE_BYTES : FRAME_BYTES;
      const isWhole = isMain ? state.name === 'closed' : state.name === 'young';
      const sizes = new Set(isWhole ? range(0, begin + unit) : []);
      for (let at = begin; at <= bytes; at += unit)
        for (const size of range(at - 3, at + 4)) if (size >= 0 && size < bytes) sizes.add(size);
      expect([...sizes].flatMap((size) => openCut(state, file, size))).toEqual([]);
    },
    TRUNCATED_TIMEOUT_MS,
  );

  const is: Readonly<Record<string, (path: string) => void>> = {
    'something else': (path) => writeFileSync(path, 'not a database, and long enough'.repeat(99)),
    'of a later version': (path) => execute(path, `PRAGMA user_version = ${SCHEMA.length + 1}`),
    'without a table': (path) => execute(path, 'DROP TABLE outbox'),
    'without a version': (path) => execute(path, 'PRAGMA user_version = 0'),
    'at odds with its index': (path) =>
      execute(
        path,
        `PRAGMA writable_schema = ON; CREATE TEMP TABLE saved AS
           SELECT * FROM sqlite_schema WHERE name = 'pending_episodes';
         DELETE FROM sqlite_schema WHERE name = 'pending_episodes'; PRAGMA writable_schema = RESET;
         UPDATE episodes SET state = 'pending';
         PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM saved;`,
      ),
    'no JSON in the correlator': (path) => execute(path, "UPDATE correlator SET value = '{garb'"),
    'no JSON in the outbox': (path) => execute(path, 'UPDATE outbox SET event = substr(event, 2)'),
    'no JSON in the history': (path) => execute(path, "UPDATE episodes SET episode = ''"),
  };
  test.each(Object.entries(is))('is moved aside when it is %s', (_, spoil) => {
    const directory = tempDirectory();
    {
      using store = openStore(directory);
      record(store, 1);
    }
    spoil(join(directory, 'state.db'));
    const log = new MemoryLog();
    using store = openStore(directory, log);
    expect(latestEpisodes(store, 9)).toEqual([]);
    record(store, 1);
    expectAll(store, 1);
    expect(store.writable).toBe(true);
    expect(log.codes()).toEqual(['E_STATE_CORRUPT']);
  });
});

describe('the schema', () => {
  test.each(SCHEMA.map((_, version) => version))('goes on from version %d', (version) => {
    const directory = tempDirectory();
    const path = join(directory, 'state.db');
    {
      using db = new DatabaseSync(path);
      migrate(db, SCHEMA.slice(0, version));
      if (version > 0) db.exec(`INSERT INTO cursor VALUES (0, '${BOOT}', 7, 0)`);
    }
    {
      using store = openStore(directory);
      store.containers.put([{ key: 'c', value: 1 }]);
      expect(store.cursor.read()?.sequence).toBe(version > 0 ? 7 : undefined);
    }
    using db = new DatabaseSync(path);
    expect(schemaVersion(db)).toBe(SCHEMA.length);
  });
});

describe('a disk that cannot be written', () => {
  test.skipIf(isLeftOut)('is full: the agent goes on in memory, says so, and comes back', () => {
    const disk = new SmallDisk(400);
    const log = new MemoryLog();
    using store = openStore(disk.directory, log);
    let sequence = 0;
    while (store.writable && sequence < 5000) record(store, (sequence += 1));
    for (const end = sequence + 10; sequence < end;) record(store, (sequence += 1));
    expect(store.writable).toBe(false);
    expectAll(store, sequence);
    expect(log.codes()).toEqual(['E_STATE_UNWRITABLE']);

    disk.remount('size=40000k');
    nowMs += 61_000;
    record(store, (sequence += 1));
    expect(store.writable).toBe(true);
    expect(log.said('info')).toEqual(['the state file is written again']);
    using again = openStore(disk.directory);
    expectAll(again, sequence);
  });

  test.skipIf(isLeftOut)(
    'is read-only: what it holds is read, and nothing is lost while the process lives',
    () => {
      const disk = new SmallDisk(4000);
      const log = new MemoryLog();
      {
        using store = openStore(disk.directory, log);
        record(store, 1);
      }
      disk.remount('ro');
      using second = openStore(disk.directory, log);
      expect(second.writable).toBe(false);
      expectAll(second, 1);
      record(second, 2);
      expectAll(second, 2);
      expect(log.codes()).toEqual(['E_STATE_UNWRITABLE']);
    },
  );

  test('does not exist and cannot be made', () => {
    const file = join(tempDirectory(), 'file');
    writeFileSync(file, '');
    const log = new MemoryLog();
    using store = openStore(join(file, 'below'), log);
    record(store, 1);
    expectAll(store, 1);
    expect(store.writable).toBe(false);
    expect(log.codes()).toEqual(['E_STATE_UNWRITABLE']);
    expect(existsSync(join(file, 'below'))).toBe(false);
  });
});

describe('a state file that could not be read at the start', () => {
  /** An earlier process recorded 1 to 3, and a file is where its directory was. */
  function unread(): { readonly store: StateStore; readonly comeBack: () => void } {
    const directory = tempDirectory();
    const aside = `${directory}-aside`;
    {
      using store = openStore(directory);
      for (const sequence of [1, 2, 3]) record(store, sequence);
      store.outbox.delete(1);
      store.notes.put([{ key: 'mark', value: 3 }]);
    }
    renameSync(directory, aside);
    writeFileSync(directory, 'not mounted yet');
    return {
      store: openStore(directory),
      comeBack: () => {
        rmSync(directory);
        renameSync(aside, directory);
        nowMs += 61_000;
      },
    };
  }

  const pods = (store: StateStore): unknown[] => {
    const found: unknown[] = [];
    const seen = new Set<string>();
    for (let row = store.outbox.next(seen, seen); row?.verb === 'create';) {
      found.push(row.event.involvedObject.name);
      seen.add(row.objectKey);
      row = store.outbox.next(seen, new Set());
    }
    return found;
  };

  test('keeps what it has when it comes, before what came meanwhile', () => {
    const { store, comeBack } = unread();
    using _ = store;
    record(store, 4);
    store.notes.put([{ key: 'mark', value: 0 }]);
    comeBack();
    record(store, 5);
    expect(store.writable).toBe(true);
    expect(pods(store)).toEqual(['pod-2', 'pod-3', 'pod-4', 'pod-5']);
    expect(store.correlator.rows()).toHaveLength(5);
    expect(store.notes.get('mark')).toBe(3);
    expect(latestEpisodes(store, 9).map(({ episode }) => episode.sequence)).toEqual([
      5, 4, 3, 2, 1,
    ]);
  });

  test('loses none when the row that was in flight is deleted', () => {
    const { store, comeBack } = unread();
    using _ = store;
    record(store, 4);
    record(store, 5);
    const inFlight = store.outbox.next(new Set(['Pod/shop/pod-4']), new Set());
    comeBack();
    store.outbox.delete(inFlight?.id ?? 0);
    expect(pods(store)).toEqual(['pod-2', 'pod-3', 'pod-4']);
  });

  test.each([
    ['its own of the same boot where that is further', BOOT, 2, BOOT, 3, -1],
    ['the later one of the same boot', BOOT, 7, BOOT, 7, -1],
    ['the one of this boot', 'boot-2', 1, 'boot-2', 1, 9],
  ])('has as its cursor %s', (_name, bootId, sequence, boot, expected, backlogUntil) => {
    const { store, comeBack } = unread();
    using _ = store;
    store.cursor.advance({ bootId, sequence, backlogUntil: 9 });
    comeBack();
    store.notes.put([{ key: 'n', value: 1 }]);
    expect(store.cursor.read()).toEqual({ bootId: boot, sequence: expected, backlogUntil });
  });

  test('keeps what was decided of a kill that is read a second time', () => {
    const { store, comeBack } = unread();
    using _ = store;
    const episode = makeEpisode({ sequence: 3 });
    store.episodes.add({ bootId: BOOT, state: 'pending', enteredMs: nowMs, episode });
    comeBack();
    store.notes.put([{ key: 'n', value: 1 }]);
    expect(latestEpisodes(store, 1)).toMatchObject([{ state: 'recorded', episode }]);
    expect(store.episodes.pendingCount()).toBe(0);
  });

  test('loses no other when that kill is decided a second time', () => {
    const { store, comeBack } = unread();
    using _ = store;
    const episode = makeEpisode({ sequence: 3 });
    store.episodes.add({ bootId: BOOT, state: 'pending', enteredMs: nowMs, episode });
    const found = store.episodes.findPending(BOOT, 3);
    comeBack();
    if (found !== undefined) store.episodes.settle({ ...found, state: 'kept' });
    const kept = latestEpisodes(store, 9);
    expect(kept.map(({ state, episode: { sequence } }) => [sequence, state])).toEqual([
      [3, 'kept'],
      [2, 'recorded'],
      [1, 'recorded'],
    ]);
  });
});
