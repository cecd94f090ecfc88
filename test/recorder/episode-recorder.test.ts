import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import type { OomEpisode } from '../../src/oom/episode.ts';
import type { Subject } from '../../src/pods/attribute.ts';
import type { NodeEvents } from '../../src/recorder/attributor.ts';
import { attributeBy, type Attributor } from '../../src/recorder/attributor.ts';
import type { EventOrigin } from '../../src/recorder/build-event.ts';
import { CursorKeeper } from '../../src/recorder/cursor-keeper.ts';
import { EpisodeRecorder } from '../../src/recorder/episode-recorder.ts';
import { eventOutput } from '../../src/outputs/event-output.ts';
import { EventRecorder } from '../../src/recorder/event-recorder.ts';
import type { RecordedEpisode } from '../../src/recorder/recorded-episode.ts';
import { NO_BACKLOG } from '../../src/store/cursor-table.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { numberedPods } from '../support/kill-report.ts';
import { START_MS } from '../support/kill-event.ts';
import { LateAttributor } from '../support/late-attributor.ts';
import { late, makeEpisode } from '../support/make-episode.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { tempDirectory } from '../support/temp-directory.ts';
import { latestEpisodes } from '../support/latest-episodes.ts';

const NODE = { name: 'node-1' };
const HOUR_MS = 60 * 60_000;

const AT_ONCE = attributeBy(numberedPods);

/** Answers for one of the episodes that wait. */
async function answer(attributor: LateAttributor, sequence: number): Promise<void> {
  attributor.answer(sequence);
  await turn();
  await turn();
}

let clock: FakeClock;
let sink: FakeSink;
let log: MemoryLog;
let directory: string;
let recorded: RecordedEpisode[];

beforeEach(() => {
  clock = new FakeClock(START_MS + HOUR_MS / 2);
  sink = new FakeSink();
  log = new MemoryLog();
  directory = tempDirectory();
  recorded = [];
});

interface OpenOptions {
  readonly backlogUntil?: number;
  readonly bootId?: string;
  readonly nodeEvents?: NodeEvents;
  readonly survived?: (episode: OomEpisode) => Promise<boolean>;
  readonly wants?: EventOrigin['wants'];
}

interface Opened {
  readonly store: StateStore;
  readonly recorder: EpisodeRecorder;
}

function open(
  attributor: Attributor,
  { backlogUntil = NO_BACKLOG, bootId = 'boot-1', nodeEvents, survived, wants }: OpenOptions = {},
): Opened {
  const store = new StateStore({ directory, historyMax: 99, log, nowMs: () => clock.wallMs() });
  const shared = { store, clock, log, attributor, origin: { node: NODE, bootId, wants } };
  const cursor = new CursorKeeper(store, clock, { bootId, backlogUntil });
  const posting = { clock, random: () => 0.5, log, tally: () => undefined };
  const poster = eventOutput(store.outbox, sink, posting);
  const events = new EventRecorder({ ...shared, poster, host: 'node-1' });
  const onRecorded = (each: RecordedEpisode): number => recorded.push(each);
  const recorder = new EpisodeRecorder({
    ...shared,
    cursor,
    events,
    nodeEvents,
    survived,
    onRecorded,
  });
  recorder.resume();
  return { store, recorder };
}

/** In how many transactions three that wait, 10, 20 and 30, are decided when the pods are known. */
async function transactionsOfThree(
  { store, recorder }: Opened,
  attributor: LateAttributor,
): Promise<number> {
  for (const pod of [1, 2, 3]) await recorder.record(makeEpisode({ sequence: pod * 10, pod }));
  let transactions = 0;
  store.beforeCommit(() => (transactions += 1));
  attributor.learn();
  await recorder.settled();
  return transactions;
}

/** What the log says of those that had more to say. */
function amended(): object[] {
  const message = 'more processes were killed with one recorded before';
  return log.lines.filter((line) => line.message === message).map(({ facts }) => facts);
}

function states(store: StateStore): string[] {
  return latestEpisodes(store, 99).map(({ episode, state }) => `${episode.sequence} ${state}`);
}

function posted(): (string | undefined)[] {
  return [...sink.events.values()].map(({ metadata }) => metadata.name?.replace(/\..*/, ''));
}

describe('an episode that is attributed at once', () => {
  test('is in the store with its Events and the cursor, in one transaction', async () => {
    const { store, recorder } = open(AT_ONCE);
    let transactions = 0;
    store.beforeCommit(() => (transactions += 1));
    await recorder.record(makeEpisode({ sequence: 10, pod: 7 }));
    expect(transactions).toBe(1);
    expect(states(store)).toEqual(['10 recorded']);
    expect(store.cursor.read()).toEqual({
      bootId: 'boot-1',
      sequence: 11,
      backlogUntil: NO_BACKLOG,
    });
    await clock.settle();
    expect(posted()).toEqual(['pod-7']);
    expect(recorded).toHaveLength(1);
  });

  test('is recorded once, however often it is read', async () => {
    const { store, recorder } = open(AT_ONCE);
    for (let n = 0; n < 3; n += 1) await recorder.record(makeEpisode({ sequence: 10 }));
    await clock.settle();
    expect(states(store)).toEqual(['10 recorded']);
    expect(sink.calls).toHaveLength(1);
  });

  test.each([
    ['on', ['node-1'], '10 recorded'],
    ['off', [], '10 kept'],
  ] as const)(
    'blames the node where attribution fails (--node-events=%s)',
    async (nodeEvents, events, state) => {
      const broken: Attributor = {
        ...AT_ONCE,
        attribute: () => {
          throw new Error('a bug');
        },
      };
      const { recorder, store } = open(broken, { nodeEvents });
      await recorder.record(makeEpisode({ sequence: 10 }));
      await clock.settle();
      expect([posted(), states(store)]).toEqual([events, [state]]);
      expect(log.said('error')).toEqual(['attribution failed: the node is blamed']);
    },
  );

  test('has no Event where none is wanted about its pod, and is told whole all the same', async () => {
    const wants = (subject: Subject): boolean =>
      subject.kind === 'node' || subject.pod.name !== 'pod-7';
    const { recorder, store } = open(AT_ONCE, { wants });
    await recorder.record(makeEpisode({ sequence: 10, pod: 7 }));
    await recorder.record(makeEpisode({ sequence: 11, pod: 8 }));
    await recorder.record(late(makeEpisode({ sequence: 10, pod: 7 })));
    await clock.settle();
    expect([states(store), posted()]).toEqual([['11 recorded', '10 kept'], ['pod-8']]);
    const told = recorded.map(({ attribution: { subjects } }) => subjects);
    expect(told).toMatchObject([[{ pod: { name: 'pod-7' } }], [{ pod: { name: 'pod-8' } }]]);
    expect(latestEpisodes(store, 9)[1]?.attribution?.subjects).toEqual(told[0]);
    expect(amended()).toMatchObject([{ sequence: 10 }]);
  });

  test('has its Event where it could not be taken down', async () => {
    const see = (): void => {
      throw new Error('a bug');
    };
    const { recorder, store } = open({ ...AT_ONCE, see });
    await recorder.record(makeEpisode({ sequence: 10, pod: 1 }));
    await clock.settle();
    expect([states(store), posted()]).toEqual([['10 recorded'], ['pod-1']]);
    expect(log.said('error')).toEqual(['an episode was not taken down: a bug']);
  });
});

describe('an episode whose attribution must wait', () => {
  test('is taken up again though it could not be taken down', async () => {
    const first = open(new LateAttributor());
    await first.recorder.record(makeEpisode({ sequence: 10, pod: 1 }));
    first.recorder.stop();
    first.store[Symbol.dispose]();
    const see = (): void => {
      throw new Error('a bug');
    };
    const { store, recorder } = open({ ...AT_ONCE, see });
    await recorder.settled();
    expect(states(store)).toEqual(['10 recorded']);
  });

  test('is pending, and the next one does not wait for it', async () => {
    const attributor = new LateAttributor();
    const { store, recorder } = open(attributor);
    await recorder.record(makeEpisode({ sequence: 10, pod: 1 }));
    await recorder.record(makeEpisode({ sequence: 20, pod: 2 }));
    expect(states(store)).toEqual(['20 pending', '10 pending']);
    expect(store.cursor.read()?.sequence).toBe(21);
    expect(store.outbox.waiting().rows).toBe(0);

    await answer(attributor, 20);
    await clock.settle();
    expect(posted()).toEqual(['pod-2']);
    await answer(attributor, 10);
    await clock.settle();
    expect(posted()).toEqual(['pod-2', 'pod-1']);
    expect(states(store)).toEqual(['20 recorded', '10 recorded']);
    expect(clock.waiting).toBe(0);
  });

  test('has its Event before a later one of the same pod', async () => {
    const slow = new LateAttributor();
    const attributor: Attributor = {
      news: slow.news,
      see: (episode) => slow.see(episode),
      attribute: (episode, watchedMs) =>
        (episode.sequence === 10 ? slow : AT_ONCE).attribute(episode, watchedMs),
    };
    const { store, recorder } = open(attributor);
    await recorder.record(makeEpisode({ sequence: 10, pod: 1 }));
    await recorder.record(makeEpisode({ sequence: 20, pod: 1 }));
    expect(states(store)).toEqual(['20 pending', '10 pending']);
    await answer(slow, 10);
    await recorder.settled();
    expect(recorded.map(({ episode }) => episode.sequence)).toEqual([10, 20]);
  });

  test.each([
    ['says so', true],
    ['says nothing', false],
  ])('is pending until the main process was looked at, and then %s', async (_, survives) => {
    const look = Promise.withResolvers<boolean>();
    const { store, recorder } = open(AT_ONCE, { survived: () => look.promise });
    await recorder.record(makeEpisode({ sequence: 10, pod: 1 }));
    expect(states(store)).toEqual(['10 pending']);
    look.resolve(survives);
    await recorder.settled();
    await clock.settle();
    expect(states(store)).toEqual(['10 recorded']);
    const [event] = sink.events.values();
    expect(event?.message?.includes('survived')).toBe(survives);
  });

  test('costs nothing but the word where looking fails', async () => {
    const { recorder } = open(AT_ONCE, { survived: () => Promise.reject(new Error('a bug')) });
    await recorder.record(makeEpisode({ sequence: 10, pod: 1 }));
    await recorder.settled();
    await clock.settle();
    expect(posted()).toEqual(['pod-1']);
    expect(log.said('error')).toHaveLength(1);
  });

  test('is written together with others that are decided at the same time', async () => {
    const attributor = new LateAttributor();
    const { store, recorder } = open(attributor);
    expect(await transactionsOfThree({ store, recorder }, attributor)).toBe(1);
    expect(recorded.map(({ episode }) => episode.sequence)).toEqual([10, 20, 30]);
    await clock.settle();
    expect(posted()).toEqual(['pod-1', 'pod-2', 'pod-3']);
  });

  test('that cannot be written stays pending for the next process', async () => {
    const attributor = new LateAttributor();
    const first = open(attributor);
    await first.recorder.record(makeEpisode({ sequence: 10, pod: 1 }));
    first.store.transaction = () => {
      throw new Error('a bug');
    };
    attributor.learn();
    await first.recorder.settled();
    expect(log.said('error')).toEqual(['episodes stay pending']);
    first.recorder.stop();
    first.store[Symbol.dispose]();
    const { store, recorder } = open(AT_ONCE);
    await recorder.settled();
    expect(states(store)).toEqual(['10 recorded']);
  });

  test.each([
    ['writing it', 'record'],
    ['telling of it', 'tell'],
  ])('costs the others nothing where %s fails', async (_, where) => {
    const attributor = new LateAttributor();
    const { store, recorder } = open(attributor);
    for (const pod of [1, 2, 3]) await recorder.record(makeEpisode({ sequence: pod * 10, pod }));
    const settle = store.episodes.settle.bind(store.episodes);
    store.episodes.settle = (decided) => {
      if (where === 'record' && decided.episode.sequence === 20) throw new Error('a bug');
      settle(decided);
    };
    recorded.push = (...all) => {
      if (where === 'tell' && all[0]?.episode.sequence === 20) throw new Error('a bug');
      return recorded.unshift(...all);
    };
    attributor.learn();
    await recorder.settled();
    await clock.settle();
    const isWritten = where === 'tell';
    expect(posted()).toEqual(isWritten ? ['pod-1', 'pod-2', 'pod-3'] : ['pod-1', 'pod-3']);
    expect([...sink.events.values()].every(({ count }) => count === 1)).toBe(true);
    expect(states(store)).toContain(isWritten ? '20 recorded' : '20 pending');
    expect(recorded.map(({ episode }) => episode.sequence)).toEqual([30, 10]);
    expect(log.said('error')).toHaveLength(1);
  });

  test('costs the others no transaction of their own where its Events cannot be made', async () => {
    const attributor = new LateAttributor();
    const wants = (subject: Subject): boolean => {
      if (subject.kind === 'pod' && subject.pod.name === 'pod-2') throw new Error('a bug');
      return true;
    };
    const { store, recorder } = open(attributor, { wants });
    expect(await transactionsOfThree({ store, recorder }, attributor)).toBe(1);
    expect(states(store).toSorted()).toEqual(['10 recorded', '20 pending', '30 recorded']);
    expect(log.said('error')).toEqual(['episodes stay pending']);
  });

  test('is taken up again by the next process, and keeps its name and its time', async () => {
    const first = open(new LateAttributor());
    await first.recorder.record(makeEpisode({ sequence: 10, pod: 1 }));
    first.recorder.stop();
    first.store[Symbol.dispose]();

    const { store, recorder } = open(AT_ONCE);
    await recorder.settled();
    await clock.settle();
    expect(states(store)).toEqual(['10 recorded']);
    expect([...sink.events.values()]).toMatchObject([
      { involvedObject: { name: 'pod-1' }, firstTimestamp: new Date(START_MS + 10_000) },
    ]);
  });

  test('keeps its name over a reboot', async () => {
    const patient = open(new LateAttributor());
    await patient.recorder.record(makeEpisode({ sequence: 10, pod: 1 }));
    patient.recorder.stop();
    patient.store[Symbol.dispose]();
    const { store, recorder } = open(AT_ONCE, { bootId: 'boot-2' });
    await recorder.settled();
    await clock.settle();
    expect(states(store)).toEqual(['10 recorded']);
    const [pending] = sink.events.values();

    directory = tempDirectory();
    sink = new FakeSink();
    await open(AT_ONCE).recorder.record(makeEpisode({ sequence: 10, pod: 1 }));
    await clock.settle();
    const [atOnce] = sink.events.values();
    expect(pending?.metadata.name).toBe(atOnce?.metadata.name);
  });

  test('is in the history alone after a day, over restarts', async () => {
    const first = open(new LateAttributor());
    await first.recorder.record(makeEpisode({ sequence: 10 }));
    await clock.advance(20 * HOUR_MS);
    first.recorder.stop();
    first.store[Symbol.dispose]();

    const { store, recorder } = open(new LateAttributor());
    await clock.advance(3.9 * HOUR_MS);
    expect(states(store)).toEqual(['10 pending']);
    await clock.advance(0.1 * HOUR_MS);
    await recorder.settled();
    expect(states(store)).toEqual(['10 kept']);
    expect(log.said('error')).toEqual(['not attributed within a day: in the history alone']);
    expect(sink.calls).toEqual([]);
  });

  test.each([
    ['back by forty days', -40 * 24, 23.9],
    ['ahead by forty days', 40 * 24, 0.01],
  ])('waits on where the clock was set %s', async (_, hours, waitHours) => {
    const first = open(new LateAttributor());
    await first.recorder.record(makeEpisode({ sequence: 10, pod: 1 }));
    first.recorder.stop();
    first.store[Symbol.dispose]();

    clock = new FakeClock(clock.wallMs() + hours * HOUR_MS);
    const attributor = new LateAttributor();
    const { store, recorder } = open(attributor);
    await clock.advance(waitHours * HOUR_MS);
    expect(states(store)).toEqual(['10 pending']);
    await answer(attributor, 10);
    await recorder.settled();
    expect(states(store)).toEqual(['10 recorded']);
  });

  test('stays pending when the agent ends', async () => {
    const attributor = new LateAttributor();
    const { store, recorder } = open(attributor);
    await recorder.record(makeEpisode({ sequence: 10 }));
    recorder.stop();
    await answer(attributor, 10);
    expect(states(store)).toEqual(['10 pending']);
  });

  test('is left in the ring when the agent ends before it is written', async () => {
    const { store, recorder } = open(AT_ONCE);
    const recording = recorder.record(makeEpisode({ sequence: 10 }));
    recorder.stop();
    await recording;
    expect(states(store)).toEqual([]);
    expect(store.cursor.read()).toBeUndefined();
  });
});

describe('an old episode', () => {
  test('of a ring nobody read before is kept, and posts nothing', async () => {
    const { store, recorder } = open(AT_ONCE, { backlogUntil: 20 });
    await recorder.record(makeEpisode({ sequence: 10, atMs: -HOUR_MS }));
    await recorder.record(makeEpisode({ sequence: 20, atMs: 0 }));
    await clock.settle();
    expect(states(store)).toEqual(['20 recorded', '10 kept']);
    expect(sink.calls).toHaveLength(1);
    expect(store.cursor.read()).toMatchObject({ sequence: 21, backlogUntil: 20 });
  });

  test('after a cursor is posted', async () => {
    const { recorder } = open(AT_ONCE);
    await recorder.record(makeEpisode({ sequence: 10, atMs: -20 * HOUR_MS }));
    await clock.settle();
    expect(sink.calls).toHaveLength(1);
  });
});

describe('an episode whose lines came late', () => {
  const ANNOTATION = 'oom-recorder.dev/killed-processes';
  const first = makeEpisode({ sequence: 10, pod: 1 });

  test('has its Event patched: the message and the annotations, and never the count', async () => {
    const { store, recorder } = open(AT_ONCE);
    await recorder.record(first);
    await recorder.record(late(first));
    await clock.settle();
    expect(sink.calls.map(({ verb }) => verb)).toEqual(['create', 'patch']);
    const [event] = sink.events.values();
    expect(event?.message).toContain('and 1 other process of the container');
    expect(event).toMatchObject({ count: 1, metadata: { annotations: { [ANNOTATION]: '2' } } });
    expect(latestEpisodes(store, 9).map(({ episode }) => episode.killLines)).toEqual([3]);
    expect(store.cursor.read()?.sequence).toBe(late(first).lastSequence);
    expect(recorded).toHaveLength(1);
    expect(amended()).toMatchObject([{ sequence: 10, killed: 2 }]);
  });

  test('says nothing twice where they are read again', async () => {
    const { recorder } = open(AT_ONCE);
    await recorder.record(first);
    await recorder.record(late(first));
    await recorder.record(late(first));
    await recorder.record(first);
    await clock.settle();
    expect(sink.calls).toHaveLength(2);
  });

  test('is amended by the next process as well', async () => {
    const before = open(AT_ONCE);
    await before.recorder.record(first);
    await clock.settle();
    before.recorder.stop();
    before.store[Symbol.dispose]();

    const { store, recorder } = open(AT_ONCE);
    expect(store.episodes.latestOf('boot-1', 9)).toEqual([first]);
    await recorder.record(late(first));
    await clock.settle();
    const [event, ...others] = sink.events.values();
    expect(event?.message).toContain('and 1 other process of the container');
    expect(others).toEqual([]);
  });

  test('says so when its attribution comes, where that had to wait', async () => {
    const attributor = new LateAttributor();
    const { recorder } = open(attributor);
    await recorder.record(first);
    await recorder.record(late(first));
    await answer(attributor, 10);
    await clock.settle();
    const [event] = sink.events.values();
    expect(sink.calls.map(({ verb }) => verb)).toEqual(['create']);
    expect(event?.message).toContain('and 1 other process of the container');
    expect(amended()).toEqual([]);
  });

  test('no longer claims that the main process survived', async () => {
    const { recorder } = open(AT_ONCE, { survived: () => Promise.resolve(true) });
    await recorder.record(first);
    await clock.settle();
    const [event] = sink.events.values();
    expect(event?.message).toContain('survived');
    await recorder.record(late(first));
    await clock.settle();
    expect(event?.message).not.toContain('survived');
  });

  test('stays as it is where it was combined with others; the history says it', async () => {
    const { store, recorder } = open(AT_ONCE);
    for (let sequence = 1; sequence <= 12; sequence += 1) {
      await recorder.record(makeEpisode({ sequence, pod: 1 }));
    }
    const last = makeEpisode({ sequence: 12, pod: 1 });
    await clock.settle();
    const calls = sink.calls.length;
    await recorder.record(late(last));
    await clock.settle();
    expect(sink.calls).toHaveLength(calls);
    expect(store.episodes.find('boot-1', 12)?.episode.members).toHaveLength(1);
  });
});
