import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { START_MS } from '../support/kill-event.ts';
import { makeEpisode } from '../support/make-episode.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { type AgentWorld, RecordingAgent } from '../support/recording-agent.ts';
import { tempDirectory } from '../support/temp-directory.ts';
import { latestEpisodes } from '../support/latest-episodes.ts';

const UNWRITABLE = 'E_STATE_UNWRITABLE';
/** More than SQLite's cache of 2 MB holds. */
const PAST = 1000;
const TASKS = Array.from({ length: 50 }, (_, pid) => ({
  pid,
  tgid: pid,
  uid: 0,
  comm: 'java',
  totalVmPages: 1,
  oomScoreAdj: 0,
  rssPages: pid,
}));
const ALL = ['', '-wal', '-shm'];

type Damage = (directory: string) => void;

/** What another process does to files that are in use. */
const DAMAGES: Readonly<Record<string, Damage>> = {
  'the main file is overwritten': (directory) => overwrite(directory, ''),
  'the WAL is overwritten': (directory) => overwrite(directory, '-wal'),
  'all of it is overwritten': (directory) => ALL.forEach((each) => overwrite(directory, each)),
  'the main file is cut': (directory) => truncateSync(file(directory, ''), 700),
  'the main file is emptied': (directory) => truncateSync(file(directory, '')),
  'the WAL is cut': (directory) => truncateSync(file(directory, '-wal'), 50_000),
  'the WAL is emptied': (directory) => truncateSync(file(directory, '-wal')),
  'the index of the WAL is emptied': (directory) => truncateSync(file(directory, '-shm')),
  'the main file is removed': (directory) => rmSync(file(directory, '')),
  'the WAL is removed': (directory) => rmSync(file(directory, '-wal')),
  'all of it is removed': (directory) => ALL.forEach((each) => rmSync(file(directory, each))),
  'the directory is removed': (directory) => rmSync(directory, { recursive: true }),
  'another database is in its place': (directory) => {
    const other = join(directory, 'other');
    {
      using db = new DatabaseSync(other);
      db.exec('CREATE TABLE cursor (of_something_else)');
    }
    renameSync(other, file(directory, ''));
  },
  'an older copy is put back': (directory) => {
    copyFileSync(file(directory, ''), join(directory, 'copy'));
    renameSync(join(directory, 'copy'), file(directory, ''));
  },
  'a table is dropped': (directory) => {
    using db = new DatabaseSync(file(directory, ''));
    db.exec('DROP TABLE outbox');
  },
};

function file(directory: string, suffix: string): string {
  return join(directory, `state.db${suffix}`);
}

function overwrite(directory: string, suffix: string): void {
  const path = file(directory, suffix);
  const { size, mtimeMs } = statSync(path);
  writeFileSync(path, randomBytes(size), { flag: 'r+' });
  // A second later: the clock of some file systems goes in steps of 4 ms.
  utimesSync(path, mtimeMs / 1000, mtimeMs / 1000 + 1);
}

let world: AgentWorld;

beforeEach(() => {
  world = {
    directory: join(tempDirectory(), 'state'),
    sink: new FakeSink(),
    clock: new FakeClock(START_MS),
    log: new MemoryLog(),
    kills: 0,
  };
});

function counts(): (number | undefined)[] {
  return [...world.sink.events.values()].map(({ count }) => count);
}

function once(kills: number): number[] {
  return Array.from({ length: kills }, () => 1);
}

describe('an agent whose state is damaged under it', () => {
  test.each(Object.entries(DAMAGES))('has one Event for each kill: %s', async (_, damage) => {
    const { directory, sink, clock, log } = world;
    const agent = new RecordingAgent(world);
    await agent.kill(3);
    const api = Promise.withResolvers<void>();
    sink.gate = api.promise;
    await agent.kill(6);
    agent.forget();
    await agent.kill(1);
    expect(agent.store.episodes.pendingCount()).toBe(1);

    damage(directory);
    await agent.kill(3);
    expect(agent.store.writable).toBe(false);
    expect(log.codes()).toEqual([UNWRITABLE]);
    expect(latestEpisodes(agent.store, 50).length).toBeGreaterThan(0);
    expect(agent.store.notes.get('counters')).toBeUndefined();

    api.resolve();
    await agent.learn();
    expect(counts()).toEqual(once(13));

    await clock.advance(61_000);
    await agent.kill(2);
    expect(agent.store.writable).toBe(true);
    expect(log.codes().slice(1)).toEqual(
      readdirSync(directory).some((name) => name.includes('.corrupt-')) ? ['E_STATE_CORRUPT'] : [],
    );
    expect(log.said('info')).toContain('the state file is written again');
    await agent.end();

    const calls = sink.calls.length;
    const next = new RecordingAgent(world);
    await next.readRing();
    expect(sink.calls).toHaveLength(calls);
    await next.end();

    rmSync(directory, { recursive: true });
    const anew = new RecordingAgent(world);
    await anew.readRing();
    expect(sink.calls).toHaveLength(calls + 15);
    expect(counts()).toEqual(once(15));
    await anew.end();
  });

  test.each([
    ['a reader', true],
    ['somebody’s sqlite3', false],
  ])('goes on when %s looks at its state', async (_, readOnly) => {
    const agent = new RecordingAgent(world);
    await agent.kill(3);
    const path = file(world.directory, '');
    {
      using db = new DatabaseSync(path, { readOnly });
      expect(db.prepare('SELECT count(*) AS count FROM episodes').get()).toEqual({ count: 3 });
      await agent.kill(1);
    }
    const copy = join(world.directory, 'copy');
    copyFileSync(path, copy);
    await agent.kill(1);
    expect(world.log.codes()).toEqual([]);
    expect(agent.store.writable).toBe(true);
    await agent.end();
  });

  test('says so when it reads what nobody saw being damaged', async () => {
    const { directory, log } = world;
    const agent = new RecordingAgent(world);
    agent.store.transaction(() => {
      for (let sequence = 1; sequence <= PAST; sequence += 1) {
        const episode = { ...makeEpisode({ sequence: -sequence }), tasks: TASKS };
        agent.store.episodes.add({ bootId: 'boot-0', state: 'kept', enteredMs: START_MS, episode });
      }
    });
    const path = file(directory, '');
    const before = join(directory, 'before');
    copyFileSync(path, before);
    execFileSync('touch', ['-r', path, before]);
    writeFileSync(path, randomBytes(statSync(path).size), { flag: 'r+' });
    execFileSync('touch', ['-r', before, path]);
    expect(latestEpisodes(agent.store, PAST)).toEqual([]);
    expect(log.codes()).toEqual([UNWRITABLE]);
    await agent.kill(1);
    expect(counts()).toEqual(once(1));
    await agent.end();
  });
});
