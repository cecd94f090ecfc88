import * as fc from 'fast-check';
import { from, noop } from 'rxjs';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { openRecorder } from '../src/wiring/open-recorder.ts';
import { lastSequence } from '../src/kmsg/last-sequence.ts';
import { drainLog } from '../src/kmsg/drain-log.ts';
import { clockSinceBoot } from '../src/kmsg/tell-time.ts';
import { openLog } from '../src/log.ts';
import type { OomEpisode } from '../src/oom/episode.ts';
import { MarkJoin } from '../src/oom/join-marks.ts';
import { KillAudit } from '../src/oom/kill-audit.ts';
import { OomWatcher } from '../src/oom-watcher.ts';
import { attributeBy } from '../src/recorder/attributor.ts';
import { decideStart } from '../src/recorder/decide-start.ts';
import { StateStore } from '../src/store/state-store.ts';
import { newTally } from '../src/tally.ts';
import { FakeKmsg } from './support/fake-kmsg.ts';
import { FakeSink } from './support/fake-sink.ts';
import { killReport, numberedPods } from './support/kill-report.ts';
import { readRecording, recordsOf } from './support/recordings.ts';
import { SYSTEM_CLOCK } from './support/system-clock.ts';
import { tempDirectory } from './support/temp-directory.ts';
import { FakeMarks, tracedRecordings } from './support/victim-traces.ts';

const BOOT = 'boot-1';
/** Time, and how far the test has set it ahead. */
let aheadMs = 0;
const clock = {
  ...SYSTEM_CLOCK,
  wallMs: () => Date.now() + aheadMs,
  monotonicMs: () => performance.now() + aheadMs,
};

let directory: string;
let sink: FakeSink;
let logged: string;
/** `/proc/vmstat` `oom_kill`. */
let kernelKills: number;

beforeEach(() => {
  aheadMs = 0;
  kernelKills = 0;
  directory = tempDirectory();
  sink = new FakeSink();
  logged = '';
});

/** The lines of a kill, without what the ring puts before them. */
function kill(pod: number): string[] {
  const records = killReport({ sequence: 0, monotonicUs: 0, pod, pid: 1000 + pod });
  return records.map((record) => record.trimEnd().replace(/^[^;]*;/, ''));
}

/** One life of the agent on a ring, from its start to its orderly end. */
async function live(
  ring: FakeKmsg,
  during: () => Promise<void> | void,
  startAt = 'boot' as 'boot' | 'now',
  beforeReading: () => void = noop,
) {
  const log = openLog({ level: 'debug', format: 'json' }, (text) => (logged += text));
  using store = new StateStore({ directory, historyMax: 99, log, nowMs: clock.wallMs });
  const facts = { bootId: BOOT, startAt, lastSequence: () => lastSequence(ring.open) };
  const start = decideStart({ ...facts, cursor: store.cursor.read() });
  const origin = { node: { name: 'node-1' }, bootId: BOOT };
  const attributor = attributeBy(numberedPods);
  const tally = newTally();
  const audit = new KillAudit({ total: () => kernelKills, tally, onMissing: () => undefined });
  const killsLost = (): number | undefined => audit.killsLost;
  const recorder = openRecorder(
    { store, sink, origin, start, attributor, log, killsLost },
    { clock },
  );
  beforeReading();
  const watching = new OomWatcher({
    audit,
    openLog: (gate) => drainLog({ open: ring.open, gate, clock }),
    startPoint: start.point,
    recordClock: clockSinceBoot(Date.now()),
    consumer: () => recorder,
    tally,
    trustUserspace: false,
  }).start(origin.node);
  await drained(ring);
  await during();
  watching.stop();
  await watching.done;
  await recorder.stop(1000);
  return { tally, cursor: store.cursor.read() };
}

async function drained(ring: FakeKmsg): Promise<void> {
  await vi.waitFor(() => expect(ring.isWaitedFor).toBe(true), { timeout: 5000, interval: 1 });
}

function posted(): (string | undefined)[] {
  return [...sink.events.values()].map(({ metadata }) => metadata.name?.replace(/\..*/, ''));
}

async function untilPosted(events: number): Promise<void> {
  await vi.waitFor(() => expect(posted()).toHaveLength(events), { timeout: 5000, interval: 1 });
}

/** Lets the reader see what was written. */
function written(ring: FakeKmsg, ...lines: readonly string[]): void {
  ring.write(...lines);
  ring.wake();
}

describe('an agent that comes back', () => {
  test(
    'takes 100,000 chatty records between two kills for no overrun',
    { timeout: 60_000 },
    async () => {
      const ring = new FakeKmsg(2000);
      const first = await live(ring, async () => {
        written(ring, ...kill(1), 'the next line');
        await untilPosted(1);
        for (let n = 0; n < 100; n += 1) {
          written(ring, ...Array.from({ length: 1000 }, (_, line) => `chatter ${line}`));
          await drained(ring);
        }
        written(ring, ...kill(2), 'the next line');
        await untilPosted(2);
      });
      const second = await live(ring, () => undefined);
      expect(posted()).toEqual(['pod-1', 'pod-2']);
      expect(sink.calls).toHaveLength(2);
      expect([first.tally.lost, second.tally.lost]).toEqual([0, 0]);
      expect(logged).not.toContain('unread');
      expect(logged).not.toContain('overran');
    },
  );

  test('does not call a gap an overrun that happened while it was away', async () => {
    const ring = new FakeKmsg(50);
    await live(ring, () => written(ring, 'hello'));
    ring.write(...Array.from({ length: 200 }, (_, line) => `chatter ${line}`), ...kill(1), 'next');
    const { tally } = await live(ring, () => untilPosted(1));
    expect(tally.lost).toBe(0);
    expect(posted()).toEqual(['pod-1']);
    expect(logged).toContain('went unread while the agent was away');
    expect(logged).not.toContain('overran');
  });

  test.each(['boot', 'now'] as const)(
    'says an overrun of all that came since it began with %s',
    async (startAt) => {
      const ring = new FakeKmsg(50);
      ring.write('before');
      const chatter = Array.from({ length: 60 }, (_, line) => `chatter ${line}`);
      const { tally } = await live(ring, () => written(ring, ...chatter), startAt);
      expect(tally.lost).toBe(10);
      expect(logged).toContain('overran');
    },
  );

  test('says an overrun of all that came since it came back', async () => {
    const ring = new FakeKmsg(50);
    await live(ring, () => written(ring, 'hello'));
    const chatter = Array.from({ length: 60 }, (_, line) => `chatter ${line}`);
    const { tally } = await live(ring, () => written(ring, ...chatter));
    expect(tally.lost).toBe(10);
    expect(logged).toContain('overran');
    expect(logged).not.toContain('unread');
  });

  test('says an overrun while it was there, and the kills that went with it', async () => {
    const ring = new FakeKmsg(50);
    await live(ring, async () => {
      written(ring, 'hello');
      await drained(ring);
      kernelKills = 2;
      written(ring, ...Array.from({ length: 200 }, (_, line) => `chatter ${line}`));
      await drained(ring);
      aheadMs += 1000;
      written(ring, 'more');
      await drained(ring);
    });
    expect([...sink.events.values()]).toMatchObject([
      {
        reason: 'KernelLogOverrun',
        message: '150 kernel log records were lost; OOM kills among them: 2',
      },
    ]);
  });

  test('finds a kill whose report was open when it ended', async () => {
    const ring = new FakeKmsg();
    const [header = '', ...rest] = kill(1);
    const { cursor } = await live(ring, () => written(ring, 'hello', header));
    expect(cursor?.sequence).toBe(0);
    ring.write(...rest, 'next');
    await live(ring, () => untilPosted(1));
    expect([...sink.events.values()][0]?.message).toContain('Memory limit of container app');
  });
});

describe('an agent that is new', () => {
  test('reads the ring from the boot on', async () => {
    const ring = new FakeKmsg();
    ring.write(...kill(1), 'next');
    const { cursor } = await live(ring, () => untilPosted(1));
    expect(posted()).toEqual(['pod-1']);
    expect(cursor).toEqual({ bootId: BOOT, sequence: 3, backlogUntil: 4 });
  });

  test('begins now when told so, and goes on from there for ever', async () => {
    const ring = new FakeKmsg();
    ring.write(...kill(1), 'next');
    await live(ring, () => undefined, 'now');
    ring.write(...kill(2), 'next');
    await live(ring, () => untilPosted(1), 'now');
    expect(posted()).toEqual(['pod-2']);
  });

  test('finds a kill of after it began, and before it first read the log', async () => {
    const ring = new FakeKmsg();
    ring.write(...kill(1), 'next');
    const write = (): void => ring.write(...kill(2), 'next');
    await live(ring, () => untilPosted(1), 'now', write);
    expect(posted()).toEqual(['pod-2']);
  });

  test('began now, and was killed before it read anything: the next one goes on from there', async () => {
    const ring = new FakeKmsg();
    ring.write(...kill(1), 'next');
    const die = (): void => {
      throw new Error('SIGKILL');
    };
    await expect(live(ring, noop, 'now', die)).rejects.toThrow('SIGKILL');
    ring.write(...kill(2), 'next');
    await live(ring, () => untilPosted(1), 'now');
    expect(posted()).toEqual(['pod-2']);
  });
});

describe('the tracepoint beside the log', () => {
  /** What a watch over a recording comes to, byte for byte. */
  async function watch(records: readonly Buffer[], marks?: MarkJoin): Promise<string> {
    const episodes: OomEpisode[] = [];
    const reads = records.map(
      (bytes) => ({ kind: 'raw', bytes, readAtMs: 0, live: false }) as const,
    );
    const watcher = new OomWatcher({
      openLog: () => ({ reads$: from(reads), drainNow: noop, nudge: noop }),
      recordClock: clockSinceBoot(0),
      consumer: () => ({ record: async (episode) => void episodes.push(episode) }),
      marks,
      tally: newTally(),
      trustUserspace: false,
    });
    await watcher.start({ name: 'node-1' }).done;
    return JSON.stringify(episodes);
  }

  test.each(tracedRecordings)('changes no episode of %s, whomever it marks', async (name) => {
    const records = readRecording(name);
    const alone = await watch(records);
    const pids = recordsOf(name).flatMap(({ message }) =>
      Array.from(message.matchAll(/Killed process (\d+)/g), ([, pid]) => Number(pid)),
    );
    const marked = fc.array(fc.oneof(fc.constantFrom(...pids), fc.nat(9999)), { maxLength: 99 });
    await fc.assert(
      fc.asyncProperty(marked, async (victims) => {
        const source = new FakeMarks();
        source.mark(...victims);
        expect(await watch(records, new MarkJoin(source, newTally()))).toBe(alone);
      }),
      { numRuns: 5 },
    );
    expect(JSON.parse(alone)).not.toEqual([]);
  });
});
