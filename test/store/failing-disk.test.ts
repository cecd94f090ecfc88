import { beforeEach, describe, expect, test } from 'vitest';
import { FailingDisk, needsMounts, SmallDisk } from '../support/disks.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { START_MS } from '../support/kill-event.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { type AgentWorld, RecordingAgent } from '../support/recording-agent.ts';
import { latestEpisodes } from '../support/latest-episodes.ts';

interface Trouble {
  readonly directory: string;
  /** Kills before the disk fails: so many, or until it does. */
  readonly kills: number;
  begin(): void;
  end(): void;
}

const TROUBLES: Readonly<Record<string, () => Trouble>> = {
  'turns read-only': () => {
    const disk = new FailingDisk();
    return {
      directory: disk.directory,
      kills: 3,
      begin: () => disk.breakDown(),
      end: () => disk.repair(),
    };
  },
  'is filled by others': () => {
    const disk = new SmallDisk(3_000);
    let makeRoom = (): void => undefined;
    return {
      directory: disk.directory,
      kills: 3,
      begin: () => (makeRoom = disk.fillUp()),
      end: () => makeRoom(),
    };
  },
  'is filled by the store': () => {
    const disk = new SmallDisk(3_000);
    return {
      directory: disk.directory,
      kills: Infinity,
      begin: () => undefined,
      end: () => disk.remount('size=40000k'),
    };
  },
};

const REGAIN_MS = 60_000;

let world: Omit<AgentWorld, 'directory'>;

beforeEach(() => {
  world = {
    sink: new FakeSink(),
    clock: new FakeClock(START_MS),
    log: new MemoryLog(),
    kills: 0,
  };
});

/** An agent with Events at the API server, in the outbox and undecided, whose disk has failed. */
async function inTrouble(trouble: Trouble): Promise<{ agent: RecordingAgent; world: AgentWorld }> {
  const ours: AgentWorld = Object.assign(world, { directory: trouble.directory });
  const agent = new RecordingAgent(ours);
  while (ours.kills < trouble.kills && agent.store.writable) await agent.kill(1);
  expect(agent.store.writable).toBe(trouble.kills !== Infinity);
  const api = Promise.withResolvers<void>();
  ours.sink.gate = api.promise;
  await agent.kill(6);
  agent.forget();
  await agent.kill(1);

  trouble.begin();
  await agent.kill(3);
  expect(agent.store.writable).toBe(false);
  api.resolve();
  await agent.learn();
  await agent.kill(2);
  expectOnce();
  expect(ours.log.codes()).toEqual(['E_STATE_UNWRITABLE']);
  return { agent, world: ours };
}

/** Every kill has its Event, and none has counted twice. */
function expectOnce(): void {
  const counts = [...world.sink.events.values()].map(({ count }) => count);
  expect(counts).toEqual(Array.from({ length: world.kills }, () => 1));
}

describe.skipIf(await needsMounts()).each(Object.entries(TROUBLES))(
  'a disk that %s',
  (_, cause) => {
    test('costs no kill, and is written again within a minute of being well', async () => {
      const trouble = cause();
      const { agent, world: ours } = await inTrouble(trouble);
      const { clock, log, sink } = ours;
      await clock.advance(REGAIN_MS);
      await agent.kill(1);
      expect(agent.store.writable).toBe(false);
      trouble.end();
      await clock.advance(REGAIN_MS - 1);
      await agent.kill(1);
      expect(agent.store.writable).toBe(false);
      await clock.advance(1);
      await agent.kill(1);
      expect(agent.store.writable).toBe(true);
      expectOnce();
      expect(log.codes()).toEqual(['E_STATE_UNWRITABLE']);
      expect(log.said('info')).toContain('the state file is written again');
      await agent.end();

      const calls = sink.calls.length;
      const next = new RecordingAgent(ours);
      expect(latestEpisodes(next.store, 9999)).toHaveLength(ours.kills);
      await next.readRing();
      expect(sink.calls).toHaveLength(calls);
      await next.end();
    });

    test('costs no kill when the agent crashes meanwhile', async () => {
      const trouble = cause();
      const { world: ours } = await inTrouble(trouble);
      const calls = ours.sink.calls.length;
      const next = new RecordingAgent(ours);
      await next.readRing();
      await next.kill(1);
      expectOnce();
      expect(ours.sink.calls.length).toBeGreaterThan(calls + 1);
      await next.end();
    });
  },
);
