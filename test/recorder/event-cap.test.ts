import { beforeEach, describe, expect, test } from 'vitest';
import { classifyTransport } from '../../src/kube/classify-failure.ts';
import { eventOutput } from '../../src/outputs/event-output.ts';
import { EventCap } from '../../src/recorder/event-cap.ts';
import { EventRecorder } from '../../src/recorder/event-recorder.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { tempDirectory } from '../support/temp-directory.ts';

const MAX = 5;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const UNREACHABLE = classifyTransport('create', new Error('connect ECONNREFUSED'));

let clock: FakeClock;
let sink: FakeSink;
let directory: string | undefined;
let isAway: boolean;
/** When the API server was written to. */
let writesMs: number[];
let kills: number;

beforeEach(() => {
  clock = new FakeClock();
  sink = new FakeSink();
  directory = undefined;
  isAway = false;
  writesMs = [];
  kills = 0;
  sink.refuse = () => {
    if (isAway) return UNREACHABLE;
    writesMs.push(clock.wallMs());
    return undefined;
  };
});

function openStore(): StateStore {
  const nowMs = (): number => clock.wallMs();
  return new StateStore({ directory, historyMax: 9, log: new MemoryLog(), nowMs });
}

function open(store: StateStore, max = MAX): EventRecorder {
  return openWith(store, new EventCap(store, clock, max));
}

function openWith(store: StateStore, cap: EventCap | undefined): EventRecorder {
  const log = new MemoryLog();
  const env = { clock, random: () => 0.5, log, tally: () => undefined };
  const poster = eventOutput(cap?.outbox ?? store.outbox, sink, env);
  return new EventRecorder({ store, poster, cap, host: 'node-1', clock, log });
}

/** One kill in a pod, at a time of its own where it is told late. */
function kill(recorder: EventRecorder, pod: string, message: string, at = clock.wallMs()): void {
  kills += 1;
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: pod, uid: `uid-${pod}` };
  const facts = { id: { bootId: 'boot-1', sequence: kills }, at: new Date(at) };
  recorder.event(ref, 'Warning', 'OOMKilling', message, facts);
}

function counted(): number {
  return [...sink.events.values()].reduce((sum, { count }) => sum + count, 0);
}

/** The most writes within any 60 seconds. */
function mostInAMinute(): number {
  const inMinuteFrom = (fromMs: number): number =>
    writesMs.filter((ms) => ms >= fromMs && ms - fromMs < MINUTE_MS).length;
  return Math.max(...writesMs.map(inMinuteFrom));
}

describe('with a cap', () => {
  test('as many are written as it says, and the rest is summed by its container', async () => {
    using store = openStore();
    const recorder = open(store);
    for (let n = 0; n < 30; n += 1) kill(recorder, `pod-${n % 10}`, `pid ${n}`);
    await clock.settle();
    expect([...sink.events.values()].map(({ count }) => count)).toEqual([1, 1, 1, 1, 1]);

    await clock.advance(10 * MINUTE_MS);
    expect(counted()).toBe(30);
    expect(mostInAMinute()).toBe(MAX);
    // Those of the ten pods that had none, and what more there was of each: not one for each kill.
    expect(writesMs).toHaveLength(15);
    expect([...sink.events.values()].slice(5, 10)).toMatchObject(
      Array.from({ length: 5 }, () => ({
        count: 3,
        message: expect.stringMatching(/^\(combined from similar events\): pid \d+$/),
      })),
    );
    expect(clock.waiting).toBe(0);
  });

  test('kills of one message are added to the Event there is', async () => {
    using store = openStore();
    const recorder = open(store, 1);
    for (let n = 0; n < 20; n += 1) kill(recorder, 'web', 'the same');
    await clock.advance(2 * MINUTE_MS);
    expect([...sink.events.values()].map(({ count }) => count)).toEqual([20]);
    expect(sink.calls.map(({ verb }) => verb)).toEqual(['create', 'patch']);
  });

  test('storms, restarts and outages never make more of them in a minute, and lose no kill', async () => {
    directory = tempDirectory();
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let life = 0; life < 8; life += 1) {
      using store = openStore();
      const recorder = open(store);
      for (let step = 0; step < 20; step += 1) {
        if (random(10) === 0) isAway = !isAway;
        for (let n = random(6); n > 0; n -= 1)
          kill(recorder, `pod-${random(8)}`, `pid ${random(4)}`);
        await clock.advance(random(40) * SECOND_MS);
      }
      // It is killed: what was decided is in the store.
      clock.forget();
    }
    isAway = false;
    using store = openStore();
    open(store);
    await clock.advance(24 * HOUR_MS);
    expect(kills).toBeGreaterThan(200);
    expect(counted()).toBe(kills);
    expect(mostInAMinute()).toBe(MAX);
    expect(store.outbox.size).toBe(0);
  });

  test('what a restart finds in the log is not written at once, although it happened over an hour', async () => {
    using store = openStore();
    const recorder = open(store);
    const nowMs = clock.wallMs();
    for (let minute = 60; minute > 0; minute -= 1)
      kill(recorder, `pod-${minute}`, 'words', nowMs - minute * MINUTE_MS);
    await clock.settle();
    expect(writesMs).toHaveLength(MAX);
    await clock.advance(HOUR_MS);
    expect(sink.events.size).toBe(60);
    expect(mostInAMinute()).toBe(MAX);
  });

  test('an API server that was away for hours is not written to more often when it is back', async () => {
    using store = openStore();
    const recorder = open(store);
    isAway = true;
    for (let n = 0; n < 100; n += 1) {
      kill(recorder, `pod-${n}`, 'words');
      await clock.advance(2 * MINUTE_MS);
    }
    expect(store.outbox.size).toBe(MAX);
    isAway = false;
    await clock.advance(HOUR_MS);
    expect(sink.events.size).toBe(100);
    expect(counted()).toBe(100);
    expect(mostInAMinute()).toBe(MAX);
  });

  test('episodes that are settled in one transaction count before it ends', async () => {
    using store = openStore();
    const recorder = open(store);
    store.transaction(() => {
      for (let n = 0; n < 2 * MAX; n += 1) kill(recorder, `pod-${n}`, 'words');
    });
    expect(store.outbox.size).toBe(MAX);
  });

  test('what a transaction that failed would have written is not counted', () => {
    using store = openStore();
    const recorder = open(store);
    const failing = (): void =>
      store.transaction(() => {
        for (let n = 0; n < MAX; n += 1) kill(recorder, `pod-${n}`, 'words');
        throw new Error('a bug');
      });
    expect(failing).toThrow('a bug');
    for (let n = 0; n < MAX; n += 1) kill(recorder, `pod-${n}`, 'words');
    expect(store.outbox.size).toBe(MAX);
  });

  test('a wall clock that was in the future does not stop it', async () => {
    using store = openStore();
    const recorder = open(store);
    clock.set(clock.wallMs() + 1000 * HOUR_MS);
    for (let n = 0; n < 2 * MAX; n += 1) kill(recorder, `pod-${n}`, 'words');
    await clock.settle();
    clock.set(clock.wallMs() - 1000 * HOUR_MS);
    await clock.advance(2 * HOUR_MS);
    expect(sink.events.size).toBe(2 * MAX);
  });

  test('what is remembered of a day is a row for each second of a minute', async () => {
    using store = openStore();
    const recorder = open(store, 1000);
    for (let n = 0; n < 200; n += 1) {
      kill(recorder, `pod-${n}`, 'words');
      await clock.advance(SECOND_MS);
    }
    expect(writesMs).toHaveLength(200);
    expect(store.left.rows()).toHaveLength(61);
  });
});

test('without a cap nothing is counted, and what an agent with one held is written', async () => {
  directory = tempDirectory();
  const capped = openStore();
  const first = open(capped);
  for (let n = 0; n < 20; n += 1) kill(first, `pod-${n}`, 'words');
  await clock.settle();
  clock.forget();
  capped[Symbol.dispose]();
  expect(sink.events.size).toBe(MAX);

  using store = openStore();
  const rows = store.left.rows();
  const recorder = openWith(store, undefined);
  for (let n = 20; n < 40; n += 1) kill(recorder, `pod-${n}`, 'words');
  await clock.advance(SECOND_MS);
  expect(sink.events.size).toBe(40);
  expect(store.left.rows()).toEqual(rows);
});
