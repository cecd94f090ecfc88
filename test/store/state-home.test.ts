import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { migrate, SCHEMA, schemaVersion } from '../../src/store/schema.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { killEvent, START_MS } from '../support/kill-event.ts';
import { makeEpisode } from '../support/make-episode.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { canMount, SmallDisk, tempDirectory } from '../support/temp-directory.ts';

const BOOT = 'boot-1';
const CORRUPT = ['E_STATE_CORRUPT'];
const PAGE_BYTES = 4096;
const FILES = ['state.db', 'state.db-wal'] as const;

const isMountable = canMount();
const isLeftOut = !isMountable && process.env['CI'] !== 'true';
if (!isMountable)
  console.warn('SKIPPED unless CI=true: full and read-only disks need root; run as root');

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

/** Everything waits: nothing was lost, whatever happened to the file. */
function expectAll(store: StateStore, sequences: number): void {
  expect(store.outbox.waiting().rows).toBe(sequences);
  expect(store.correlator.rows()).toHaveLength(sequences);
  expect(store.cursor.read()?.sequence).toBe(sequences);
}

describe('a state file that is damaged', () => {
  test('is opened whatever byte it was truncated at', () => {
    const original = tempDirectory();
    using store = openStore(original);
    for (let sequence = 1; sequence <= 5; sequence += 1) record(store, sequence);
    const sizes = FILES.map((file) => readFileSync(join(original, file)).length);
    for (const [index, file] of FILES.entries()) {
      for (let size = 0; size < (sizes[index] ?? 0); size += 777) {
        const directory = tempDirectory();
        for (const each of FILES) copyFileSync(join(original, each), join(directory, each));
        truncateSync(join(directory, file), size);
        using damaged = openStore(directory);
        expect(damaged.writable).toBe(true);
        const before = damaged.outbox.waiting().rows;
        record(damaged, 9);
        expect(damaged.outbox.waiting().rows).toBe(before + 1);
      }
    }
  });

  test('is opened whatever byte of a closed one is gone', () => {
    const original = tempDirectory();
    {
      using store = openStore(original);
      for (let sequence = 1; sequence <= 5; sequence += 1) record(store, sequence);
    }
    const whole = readFileSync(join(original, 'state.db'));
    for (let size = 0; size < whole.length; size += size < 520 ? 65 : 1777) {
      const directory = tempDirectory();
      writeFileSync(join(directory, 'state.db'), whole.subarray(0, size));
      const log = new MemoryLog();
      using damaged = openStore(directory, log);
      record(damaged, 9);
      expect(damaged.writable).toBe(true);
      const aside = readdirSync(directory).filter((name) => name.includes('corrupt'));
      const found = [damaged.outbox.waiting().rows, log.codes(), aside.length];
      // The last page is that of an empty index: cut after its header, nothing is missing.
      const isLastPage = size > whole.length - PAGE_BYTES;
      expect(found).toEqual(isLastPage && aside.length === 0 ? [6, [], 0] : [1, CORRUPT, 1]);
    }
  });

  test('is moved aside when it is something else, or of a later version', () => {
    const spoil: ((path: string) => void)[] = [
      (path) => writeFileSync(path, 'not a database, and long enough to be looked at'.repeat(99)),
      (path) => {
        using db = new DatabaseSync(path);
        db.exec(`PRAGMA user_version = ${SCHEMA.length + 1}`);
      },
    ];
    for (const spoilFile of spoil) {
      const directory = tempDirectory();
      spoilFile(join(directory, 'state.db'));
      const log = new MemoryLog();
      using store = openStore(directory, log);
      record(store, 1);
      expectAll(store, 1);
      expect(log.codes()).toEqual(['E_STATE_CORRUPT']);
    }
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
      store.containers.put([{ key: 'c', value: 1 }], START_MS);
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
