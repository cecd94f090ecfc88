import { beforeEach, describe, expect, test } from 'vitest';
import { classifyTransport } from '../../src/kube/classify-failure.ts';
import { eventOutput } from '../../src/outputs/event-output.ts';
import { EventRecorder } from '../../src/recorder/event-recorder.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { MemoryLog } from '../support/memory-log.ts';

const BOOT = 'boot-1';
const HOUR_MS = 60 * 60_000;
const NODE = { apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: 'node-1' };
const UNREACHABLE = classifyTransport('create', new Error('connect ECONNREFUSED'));

let clock: FakeClock;
let sink: FakeSink;
let store: StateStore;
let log: MemoryLog;

beforeEach(() => {
  clock = new FakeClock();
  sink = new FakeSink();
  log = new MemoryLog();
  store = new StateStore({
    directory: undefined,
    historyMax: 9,
    log: new MemoryLog(),
    nowMs: () => clock.wallMs(),
  });
});

function open(): EventRecorder {
  const tally = (): void => undefined;
  const poster = eventOutput(store.outbox, sink, { clock, random: () => 0.5, log, tally });
  return new EventRecorder({ store, poster, host: 'node-1', clock, log });
}

/** One kill in `pod`, now. */
function kill(recorder: EventRecorder, sequence: number, pod = 'web', message = `pid ${sequence}`) {
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: pod, uid: `uid-${pod}` };
  const at = new Date(clock.wallMs());
  recorder.event(ref, 'Warning', 'OOMKilling', message, { id: { bootId: BOOT, sequence }, at });
}

function sum(): number {
  return [...sink.events.values()].reduce((total, { count }) => total + count, 0);
}

describe('an Event', () => {
  test('that could not be written has not counted', async () => {
    const recorder = open();
    const transaction = store.transaction.bind(store);
    store.transaction = () => {
      throw new Error('a bug');
    };
    expect(() => kill(recorder, 1, 'web', 'same')).toThrow('a bug');
    store.transaction = transaction;
    kill(recorder, 1, 'web', 'same');
    await clock.settle();
    expect(sink.calls.map(({ verb }) => verb)).toEqual(['create']);
    expect(sum()).toBe(1);
  });

  test('whose transaction failed afterwards has not counted either', async () => {
    const recorder = open();
    const failing = (): void =>
      store.transaction(() => {
        kill(recorder, 1, 'web', 'same');
        throw new Error('a bug');
      });
    expect(failing).toThrow('a bug');
    await clock.settle();
    expect(sink.calls).toEqual([]);
    kill(recorder, 1, 'web', 'same');
    await clock.settle();
    expect(sink.calls.map(({ verb }) => verb)).toEqual(['create']);
    expect(sum()).toBe(1);
  });

  test('is in the store before the call returns, and posted behind it', async () => {
    const recorder = open();
    kill(recorder, 1);
    expect(store.outbox.waiting().rows).toBe(1);
    expect(sink.calls).toEqual([]);
    await clock.settle();
    expect(store.outbox.waiting().rows).toBe(0);
    expect([...sink.events.values()]).toMatchObject([
      {
        metadata: { name: expect.stringMatching(/^web\.[0-9a-f]{16}$/), namespace: 'shop' },
        involvedObject: { kind: 'Pod', name: 'web' },
        source: { component: 'oom-recorder', host: 'node-1' },
        count: 1,
      },
    ]);
  });

  test('about an object without a namespace is in the default one', async () => {
    const id = { bootId: BOOT, sequence: 1 };
    open().event(NODE, 'Warning', 'SystemOOM', 'words', { id, at: new Date(clock.wallMs()) });
    await clock.settle();
    expect([...sink.events.keys()]).toEqual([expect.stringMatching(/^default\/node-1\./)]);
  });

  test('has no control characters, and is cut after they were written out', async () => {
    const words = `a\u001B[2Jb\u202E${'\u0007'.repeat(1000)}`;
    kill(open(), 1, 'web', words);
    await clock.settle();
    const message = [...sink.events.values()][0]?.message ?? '';
    expect(message).toMatch(/^a\\x1b\[2Jb\\xe2\\x80\\xae(?:\\x07)+…$/);
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1024);
  });

  test('combined from others is no longer than any', async () => {
    const recorder = open();
    for (let n = 1; n <= 10; n += 1) kill(recorder, n, 'web', `${n} ${'ä'.repeat(600)}`);
    await clock.settle();
    const [combined] = [...sink.events.values()].slice(-1);
    expect(combined?.message).toMatch(/^\(combined from similar events\): 10 ä+…$/);
    expect(Buffer.byteLength(combined?.message ?? '')).toBeLessThanOrEqual(1024);
  });
});

describe('what the spam filter holds', () => {
  test('adds up in the end: 40 kills in 20 s, 601 s of quiet, 9 more', async () => {
    const recorder = open();
    for (let n = 1; n <= 40; n += 1) {
      kill(recorder, n);
      await clock.advance(500);
    }
    expect(sum()).toBeLessThan(40);
    await clock.advance(601_000);
    for (let n = 41; n <= 49; n += 1) kill(recorder, n);
    await clock.advance(HOUR_MS);
    expect(sum()).toBe(49);
    expect(clock.waiting).toBe(0);
  });

  test('survives the process, and needs no kill to be written', async () => {
    const first = open();
    for (let n = 1; n <= 40; n += 1) kill(first, n);
    await clock.settle();
    await first.drain(0);
    open();
    await clock.advance(HOUR_MS);
    expect(sum()).toBe(40);
    expect(clock.waiting).toBe(0);
  });

  test('is summed up in the log once a minute, and not at all when there is nothing', async () => {
    const recorder = open();
    for (let n = 1; n <= 24; n += 1) kill(recorder, n);
    await clock.advance(HOUR_MS);
    expect(log.said('info')).toEqual([]);
    for (let n = 25; n <= 64; n += 1) kill(recorder, n);
    await clock.advance(59_000);
    expect(log.said('info')).toEqual([]);
    await clock.advance(1000);
    expect(log.said('info')).toEqual(['events held back']);
    expect(log.lines.at(-1)?.facts).toEqual({
      skipped: [{ reason: 'held', eventReason: 'OOMKilling', count: expect.any(Number) }],
    });
  });
});

describe('an outage', () => {
  test('of 20 hours costs no Event, no order and no time', { timeout: 120_000 }, async () => {
    const recorder = open();
    const startMs = clock.wallMs();
    sink.refuse = () => UNREACHABLE;
    for (let n = 0; n < 100; n += 1) {
      kill(recorder, 2 * n, `pod-${n}`, 'first');
      kill(recorder, 2 * n + 1, `pod-${n}`, 'second');
      await clock.advance((20 * HOUR_MS) / 100);
    }
    expect(sink.events.size).toBe(0);

    sink.refuse = () => undefined;
    await clock.advance(HOUR_MS);
    expect(store.outbox.waiting().rows).toBe(0);
    for (let n = 0; n < 100; n += 1) {
      const events = [...sink.events.values()].filter(
        ({ involvedObject }) => involvedObject.name === `pod-${n}`,
      );
      expect(events.map(({ message }) => message)).toEqual(['first', 'second']);
      const killedMs = startMs + (n * 20 * HOUR_MS) / 100;
      expect(events.map(({ firstTimestamp }) => firstTimestamp?.getTime())).toEqual([
        killedMs,
        killedMs,
      ]);
    }
  });

  test('does not hold up the end: what is in flight stays in the outbox', async () => {
    const recorder = open();
    sink.gate = Promise.withResolvers<void>().promise;
    kill(recorder, 1);
    const drained = recorder.drain(5000);
    await clock.advance(5000);
    await drained;
    expect(store.outbox.waiting().rows).toBe(1);
    expect(clock.waiting).toBe(0);
  });
});

describe('100,000 Events', () => {
  const EVENTS = 100_000;

  test('leave no more behind than the caches hold', { timeout: 300_000 }, async () => {
    const recorder = open();
    for (let n = 0; n < EVENTS; n += 1) {
      kill(recorder, n, `pod-${n % 20_000}`, `message ${n % 3}`);
      if (n % 1000 === 999) await clock.advance(1000);
    }
    await clock.advance(1000);
    const maxRows = 5 * 4096 + 1;
    expect(store.correlator.rows().length).toBeLessThanOrEqual(maxRows);
    expect(store.outbox.waiting().rows).toBe(0);
  });
});
