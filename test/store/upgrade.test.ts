import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { openCounters } from '../../src/wiring/open-counters.ts';
import { openRecorder } from '../../src/wiring/open-recorder.ts';
import { EpisodeBacklog } from '../../src/outputs/episode-backlog.ts';
import { savedBaselines } from '../../src/wiring/saved-baselines.ts';
import type { RecordedEvent } from '../../src/correlator/recorded-event.ts';
import type { PodEntry } from '../../src/pods/pod-directory.ts';
import { decideStart, type Start } from '../../src/recorder/decide-start.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { newTally } from '../../src/tally.ts';
import { needsMounts, SmallDisk } from '../support/disks.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { START_MS } from '../support/kill-event.ts';
import { numberedPods } from '../support/kill-report.ts';
import { LateAttributor } from '../support/late-attributor.ts';
import { makeEpisode } from '../support/make-episode.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { tempDirectory } from '../support/temp-directory.ts';
import { latestEpisodes } from '../support/latest-episodes.ts';

/** What the version that wrote the file did when it went on from it. */
interface EarlierVersion {
  /** What it had posted by then. */
  readonly eventsAtServer: readonly RecordedEvent[];
  readonly calls: readonly string[];
  readonly events: readonly unknown[];
  /** The ids of the episodes it had for InfluxDB in the end. */
  readonly points: readonly number[];
  readonly counters: { readonly points: object; readonly log: object; readonly skips: object };
}

const TESTDATA = new URL('../testdata/state/', import.meta.url);
const FILE = new URL('version-3.db', TESTDATA);
const EARLIER: EarlierVersion = JSON.parse(
  readFileSync(new URL('version-3.json', TESTDATA), 'utf8'),
);
const BOOT = 'boot-1';
const HOUR_MS = 60 * 60_000;
const isLeftOut = await needsMounts();
const NONE: ReadonlySet<string> = new Set();

let directory: string;
let clock: FakeClock;
let log: MemoryLog;

beforeEach(() => {
  directory = tempDirectory();
  clock = new FakeClock(START_MS + 2 * HOUR_MS);
  log = new MemoryLog();
  copyFileSync(FILE, join(directory, 'state.db'));
});

/** Of a container's last kill, which that version did not keep. */
function withoutSequence(key: string, value: unknown): unknown {
  return key === 'sequence' ? undefined : value;
}

function openStore(): StateStore {
  return new StateStore({ directory, historyMax: 100, log, nowMs: () => clock.wallMs() });
}

/** What is in the file, by its own word. */
function rowsOf(sql: string): Record<string, unknown>[] {
  using db = new DatabaseSync(join(directory, 'state.db'));
  return db.prepare(sql).all();
}

function parse(json: unknown): unknown {
  return typeof json === 'string' ? JSON.parse(json) : undefined;
}

function startOf(store: StateStore): Start {
  const facts = { bootId: BOOT, startAt: 'boot', isSavedLog: false } as const;
  return decideStart({ ...facts, cursor: store.cursor.read() });
}

/** Lets everything happen that waits for no timer. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 300; turns += 1) await turn();
}

describe('the state file of version 3', () => {
  test('is read as a whole', () => {
    const episodes = rowsOf('SELECT * FROM episodes ORDER BY id DESC');
    const correlator = rowsOf('SELECT * FROM correlator');
    const outbox = rowsOf('SELECT * FROM outbox ORDER BY id');
    const containers = rowsOf("SELECT * FROM known WHERE kind = 'container'");
    expect([episodes.length, correlator.length, outbox.length, containers.length]).toEqual([
      38, 46, 30, 3,
    ]);

    using store = openStore();
    expect(store.cursor.read()).toEqual({ bootId: BOOT, sequence: 460, backlogUntil: 15 });
    expect(latestEpisodes(store, 999)).toEqual(
      episodes.map((row) => ({
        bootId: BOOT,
        state: row['state'],
        enteredMs: row['entered_ms'],
        episode: parse(row['episode']),
        ...(row['attribution'] !== null && { attribution: parse(row['attribution']) }),
      })),
    );
    expect([...store.episodes.pending()].map(({ episode }) => episode.sequence)).toEqual([
      400, 410,
    ]);
    const pending = episodes.filter(({ state }) => state === 'pending').toReversed();
    expect([...store.episodes.pending()]).toMatchObject(
      pending.map((row) => ({ bootId: BOOT, episode: parse(row['episode']) })),
    );
    const rows = correlator.map(({ kind, key, place, value }) => ({
      kind,
      key,
      order: place,
      value: parse(value),
    }));
    expect(store.correlator.rows()).toHaveLength(rows.length);
    expect(store.correlator.rows()).toEqual(expect.arrayContaining(rows));
    expect(store.outbox.waiting()).toEqual({
      rows: outbox.length,
      oldestEnteredAtMs: outbox[0]?.['entered_ms'],
    });
    for (const row of outbox) {
      expect(store.outbox.next(NONE, NONE)).toMatchObject({
        id: row['id'],
        verb: row['verb'],
        objectKey: row['object_key'],
        enteredAtMs: row['entered_ms'],
        event: { metadata: { name: (parse(row['event']) as RecordedEvent).metadata.name } },
        ...(row['patch'] !== null && { patch: parse(row['patch']) }),
      });
      store.outbox.delete(Number(row['id']));
    }
    const entries = store.containers.rows().map(({ value }) => value as PodEntry);
    expect(entries.map(({ name }) => name)).toEqual(['pod-2', 'pod-3', 'pod-5']);
    for (const entry of entries) expect(entry).toEqual(numberedPods.byCgroupUid(entry.cgroupUid));
    expect(savedBaselines(store, startOf(store))).toEqual({
      sequence: 431,
      total: 9,
      rows: [
        ['/kubepods/burstable/pod00000000-0000-4000-8000-000000000005', 30],
        ['/kubepods/pod-b', 2],
      ],
    });
    expect(store.notes.get('influx-mark')).toBe(38);
    expect(store.notes.get('influx-passed')).toEqual([36, 37]);
    expect(store.notes.get('kernel-log-overrun')).toMatchObject({ unsaid: 5, sequence: 465 });
    expect(log.codes()).toEqual([]);
  });

  test.skipIf(isLeftOut)('is read where the disk is read-only', () => {
    const disk = new SmallDisk(4000);
    copyFileSync(FILE, join(disk.directory, 'state.db'));
    disk.remount('ro');
    directory = disk.directory;
    using store = openStore();
    expect(log.codes()).toEqual(['E_STATE_UNWRITABLE']);
    expect(store.cursor.read()).toEqual({ bootId: BOOT, sequence: 460, backlogUntil: 15 });
    expect([store.outbox.waiting().rows, store.episodes.pendingCount()]).toEqual([30, 2]);
  });

  test('is gone on from as that version did: what waits is posted once, and nothing else', async () => {
    const sink = new FakeSink();
    for (const event of EARLIER.eventsAtServer)
      sink.events.set(`${event.metadata.namespace}/${event.metadata.name}`, event);
    const nowMs = (): number => clock.wallMs();
    using store = openStore();
    const counters = openCounters(store, () => undefined, nowMs, newTally());
    const backlog = new EpisodeBacklog(store, { name: 'influx', backfills: true }, nowMs);
    const recorder = openRecorder(
      {
        store,
        counters,
        log,
        sink,
        attributor: new LateAttributor(true),
        start: startOf(store),
        origin: { node: { name: 'node-1' }, bootId: BOOT },
      },
      { clock },
    );
    await settle();
    // Read again, and then what is new.
    for (const sequence of [400, 410])
      await recorder.record(makeEpisode({ sequence, atMs: HOUR_MS + 10 * sequence, pod: 6 }));
    await recorder.record(makeEpisode({ sequence: 420, atMs: HOUR_MS + 4200, pod: 7 }));
    await recorder.record(makeEpisode({ sequence: 470, atMs: 2 * HOUR_MS, pod: 5 }));
    await recorder.record(makeEpisode({ sequence: 480, atMs: 2 * HOUR_MS, pod: 8 }));
    await settle();
    await clock.advance(2 * HOUR_MS);
    await settle();

    expect(sink.calls.map(({ verb, name }) => `${verb} ${name}`)).toEqual(EARLIER.calls);
    expect(
      [...sink.events.values()].map(({ metadata, count, message }) => ({
        name: metadata.name,
        count,
        message,
      })),
    ).toEqual(EARLIER.events);
    expect(backlog.pending(99).map(({ id }) => id)).toEqual(EARLIER.points);
    const { points: influx, log: read, skips, ...counted } = EARLIER.counters;
    expect(JSON.parse(JSON.stringify(counters), withoutSequence)).toEqual({
      ...counted,
      skips: { ...skips, capped: 0 },
      log: {
        ...read,
        marksJoined: 0,
        marksAlone: 0,
        marksCounted: 0,
        marksNoKill: 0,
        marksLost: 0,
      },
      outputs: { influx },
    });
    expect(store.outbox.waiting().rows).toBe(0);
    expect(log.codes()).toEqual([]);
    await recorder.stop(0);
  });
});
