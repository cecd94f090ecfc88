import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { BehaviorSubject, Subject } from 'rxjs';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { LiveAttributor } from '../../src/pods/live-attributor.ts';
import type { PodEntry } from '../../src/pods/pod-directory.ts';
import type { Attributor } from '../../src/recorder/attributor.ts';
import { PendingEpisodes } from '../../src/recorder/pending-episodes.ts';
import { placeOf } from '../../src/recorder/pending-index.ts';
import { MAX_PENDING } from '../../src/store/episode-table.ts';
import { StateStore } from '../../src/store/state-store.ts';
import type { NumberedEpisode } from '../../src/store/stored-episode.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { START_MS } from '../support/kill-event.ts';
import { numberedPods } from '../support/kill-report.ts';
import { LateAttributor } from '../support/late-attributor.ts';
import { makeEpisode } from '../support/make-episode.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { tempDirectory } from '../support/temp-directory.ts';

const BOOT = 'boot-1';
const HOUR_MS = 60 * 60_000;
/** As many as are written at once. */
const BATCH = 100;

let clock: FakeClock;
let log: MemoryLog;
let directory: string;
let batches: (readonly NumberedEpisode[])[];
/** Called before each batch is written. */
let beforeSettling: () => void;

beforeEach(() => {
  clock = new FakeClock(START_MS);
  log = new MemoryLog();
  directory = tempDirectory();
  batches = [];
  beforeSettling = () => undefined;
});

interface Opened {
  readonly store: StateStore;
  readonly pending: PendingEpisodes;
  readonly add: (episode: OomEpisode) => void;
}

function open(attributor: Attributor): Opened {
  const store = new StateStore({ directory, historyMax: 9, log, nowMs: () => clock.wallMs() });
  const pending = new PendingEpisodes({
    episodes: store.episodes,
    attributor,
    clock,
    log,
    settle: (decided) => {
      batches.push(decided);
      beforeSettling();
      store.transaction(() => {
        for (const one of decided) store.episodes.settle({ ...one, state: 'recorded' });
      });
    },
  });
  pending.resume();
  const add = (episode: OomEpisode): void => {
    const stored = { bootId: BOOT, state: 'pending', enteredMs: clock.wallMs(), episode } as const;
    store.episodes.add(stored);
    const { patienceMs = Infinity } = attributor.attribute(episode, 0) as { patienceMs?: number };
    attributor.see(episode);
    pending.add(stored, patienceMs, false);
  };
  return { store, pending, add };
}

/** Somebody else writes to the state file: it is left for a minute. */
function touchStateFile(): void {
  utimesSync(join(directory, 'state.db'), 1, 1);
}

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await turn();
}

/** What an earlier process left pending, of seven containers. */
function leave(count: number): void {
  using store = new StateStore({ directory, historyMax: 9, log, nowMs: () => START_MS });
  store.transaction(() => {
    for (let sequence = 1; sequence <= count; sequence += 1)
      store.episodes.add({
        bootId: BOOT,
        state: 'pending',
        enteredMs: START_MS,
        episode: makeEpisode({ sequence, pod: sequence % 7 }),
      });
  });
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

function decided(): number[] {
  return batches.flat().map(({ episode }) => episode.sequence);
}

function subjects(): string[] {
  return batches.flat().map(({ attribution }) => {
    const [subject] = attribution?.subjects ?? [];
    return subject?.kind === 'pod' ? subject.pod.name : (subject?.kind ?? 'nobody');
  });
}

/** Pods that come when they are put. */
function watchedPods(isLive: boolean) {
  const live$ = new BehaviorSubject(isLive);
  const changed$ = new Subject<PodEntry>();
  const known = new Map<string, PodEntry>();
  const pods = {
    live$,
    changed$,
    isComplete: true,
    byCgroupUid: (uid: string) => known.get(uid),
    entries: () => [...known.values()],
  };
  const put = (number: number): void => {
    const pod = numberedPods.byCgroupUid(uidOf(number));
    if (pod === undefined) throw new Error(`no pod ${number}`);
    known.set(pod.uid, pod);
    changed$.next(pod);
  };
  return { attributor: new LiveAttributor(pods, { nowMs: () => 0 }), live$, put };
}

function uidOf(pod: number): string {
  return `00000000-0000-4000-8000-${String(pod).padStart(12, '0')}`;
}

describe('a pending episode', () => {
  test('is decided when its pod is there, and no other is looked at', async () => {
    const attributor = new LateAttributor();
    const { add } = open(attributor);
    for (const sequence of [10, 20, 30]) add(makeEpisode({ sequence, pod: sequence }));
    await turn();
    await turn();
    attributor.asked.length = 0;
    attributor.answer(20);
    await turn();
    expect([attributor.asked, decided()]).toEqual([[20], [20]]);
  });

  test('has its time planned once, however often pods change', async () => {
    const attributor = new LateAttributor();
    const { add } = open(attributor);
    add(makeEpisode({ sequence: 10, pod: 1 }));
    await turns(2);
    const after = vi.spyOn(clock, 'after');
    attributor.change(makeEpisode({ sequence: 20, pod: 2 }));
    await turns(2);
    expect(after).not.toHaveBeenCalled();
    attributor.change(makeEpisode({ sequence: 10, pod: 1 }));
    await turns(2);
    expect(after).not.toHaveBeenCalled();
  });

  test('is told at once where the pods cannot be listed, and only there', () => {
    const { attributor, live$ } = watchedPods(false);
    const { add } = open(attributor);
    add(makeEpisode({ sequence: 10, pod: 1 }));
    live$.next(true);
    add(makeEpisode({ sequence: 20, pod: 2 }));
    const waits = 'oom kill waits until the pods can be listed: whose it was is not known yet';
    expect(log.lines.filter(({ message }) => message === waits)).toMatchObject([
      { level: 'info', facts: { sequence: 10, killed: 1 } },
    ]);
  });

  test('waits for the pods to be watched, and no time passes while they are not', async () => {
    const { attributor, live$ } = watchedPods(false);
    const { add } = open(attributor);
    add(makeEpisode({ sequence: 10, pod: 1 }));
    await clock.advance(60_000);
    live$.next(true);
    await clock.advance(2000);
    live$.next(false);
    await clock.advance(60_000);
    expect(decided()).toEqual([]);
    live$.next(true);
    await clock.advance(999);
    expect(decided()).toEqual([]);
    await clock.advance(1);
    await turn();
    expect(subjects()).toEqual(['node']);
    expect(clock.waiting).toBe(0);
  });

  test('is one of thousands that an answer of the API server ends, in few transactions', async () => {
    const { attributor, live$, put } = watchedPods(false);
    const { add, pending, store } = open(attributor);
    for (let pod = 1; pod <= 1000; pod += 1) add(makeEpisode({ sequence: pod, pod: pod % 500 }));
    for (let pod = 1; pod < 500; pod += 1) put(pod);
    live$.next(true);
    await clock.advance(3000);
    await pending.settled();
    expect(store.episodes.pendingCount()).toBe(0);
    expect(new Set(decided()).size).toBe(1000);
    expect(subjects().filter((name) => name === 'node')).toHaveLength(2);
    expect(batches.length).toBeLessThan(2 * (1000 / BATCH) + 3);
    expect(Math.max(...batches.map((batch) => batch.length))).toBe(BATCH);
  });

  test('comes after those of its container, whatever they wait for', async () => {
    const attributor = new LateAttributor();
    const { add } = open(attributor);
    for (const sequence of [10, 20, 30]) add(makeEpisode({ sequence, pod: 1 }));
    attributor.answer(30);
    attributor.answer(20);
    await turn();
    await turn();
    expect(decided()).toEqual([]);
    attributor.answer(10);
    await turn();
    expect(batches.map((batch) => batch.length)).toEqual([3]);
    expect(decided()).toEqual([10, 20, 30]);
  });

  test('that late lines give a cgroup is found by the pod it names', async () => {
    const attributor = new LateAttributor();
    const { add, pending, store } = open(attributor);
    const told = makeEpisode({ sequence: 10, pod: 1 });
    const { taskMemcg: _, ...withheld } = told;
    add(withheld);
    store.episodes.amend(BOOT, told);
    pending.amended(BOOT, told);
    // The next kill in there has its turn behind it.
    expect(pending.isBusy(placeOf(told))).toBe(true);
    await turn();
    await turn();
    expect(decided()).toEqual([]);
    attributor.answer(10);
    await turn();
    expect(subjects()).toEqual(['pod-1']);
  });

  test('is given up after a day, each at its time', async () => {
    const { add } = open(new LateAttributor());
    add(makeEpisode({ sequence: 10, pod: 1 }));
    await clock.advance(HOUR_MS);
    add(makeEpisode({ sequence: 20, pod: 2 }));
    await clock.advance(23 * HOUR_MS);
    await turn();
    expect([decided(), subjects()]).toEqual([[10], ['nobody']]);
    await clock.advance(HOUR_MS);
    await turn();
    expect(decided()).toEqual([10, 20]);
    expect(clock.waiting).toBe(0);
  });
});

describe('beyond the number that may be pending', () => {
  test('the oldest are decided by what is known, in their order, and that is said', async () => {
    const { add, store, pending } = open(new LateAttributor());
    for (let sequence = 1; sequence <= MAX_PENDING; sequence += 1)
      add(makeEpisode({ sequence, pod: sequence % 7 }));
    expect([decided(), log.said('warn')]).toEqual([[], []]);
    add(makeEpisode({ sequence: MAX_PENDING + 1 }));
    expect(decided()).toEqual(range(1, BATCH));
    expect(batches).toHaveLength(1);
    expect(batches.flat().every(({ attribution }) => attribution?.isEarly)).toBe(true);
    expect(log.said('warn')).toEqual([
      'too many episodes are pending: the oldest are attributed by what is known',
    ]);
    expect(store.episodes.pendingCount()).toBe(MAX_PENDING + 1 - BATCH);
    await turn();
    expect(decided()).toHaveLength(BATCH);
    pending.stop();
  });

  test('what an earlier process left is decided a batch at a time, the rest taken up again', async () => {
    const left = MAX_PENDING + 250;
    leave(left);
    const attributor = new LateAttributor();
    const { pending, store } = open(attributor);
    expect(pending.isBusy(placeOf(makeEpisode({ sequence: 1, pod: 8000 })))).toBe(true);
    await turns(40);
    expect(batches.map((batch) => batch.length)).toEqual([BATCH, BATCH, 50]);
    expect(decided()).toEqual(range(1, 250));
    expect(pending.isBusy(placeOf(makeEpisode({ sequence: 1, pod: 8000 })))).toBe(false);

    attributor.learn();
    await pending.settled();
    expect(store.episodes.pendingCount()).toBe(0);
    expect(decided().length).toBe(left);
    for (let pod = 0; pod < 7; pod += 1) {
      const ofPod = decided().filter((sequence) => sequence % 7 === pod);
      expect(ofPod).toEqual(ofPod.toSorted((a, b) => a - b));
    }
  });

  test('one that is read while the rest is taken up has its turn when that is done', async () => {
    const left = MAX_PENDING + 250;
    leave(left);
    const { pending, store, add } = open(new LateAttributor(true));
    await turn();
    for (const sequence of [left + 1, left + 2]) add(makeEpisode({ sequence, pod: 8000 }));
    await turns(40);
    expect(decided().slice(-2)).toEqual([left + 1, left + 2]);
    expect(pending.isBusy(placeOf(makeEpisode({ sequence: 1, pod: 8000 })))).toBe(false);
    expect(store.episodes.pendingCount()).toBe(0);
  });

  test('none is decided early to make room while older ones are', async () => {
    const left = MAX_PENDING + 250;
    leave(left);
    const { pending, store, add } = open(new LateAttributor());
    for (let sequence = left + 1; sequence <= left + 150; sequence += 1) {
      add(makeEpisode({ sequence, pod: sequence % 7 }));
    }
    expect(decided()).toEqual([]);
    await turns(60);
    expect(decided()).toEqual(range(1, 250 + 2 * BATCH));
    expect(store.episodes.pendingCount()).toBe(MAX_PENDING - 50);
    pending.stop();
  });

  describe.each([
    ['attributed at once', true],
    ['attributed when their time is over', false],
  ])('where the others are %s', (_, isKnown) => {
    test.each([
      ['is read', 'before'],
      ['was read', 'after'],
    ])(
      'each is decided once though the state file fails when a batch %s',
      async (_name, moment) => {
        const left = MAX_PENDING + 250;
        leave(left);
        const attributor = new LateAttributor(isKnown);
        const { add, store, pending } = open(attributor);
        if (moment === 'after') beforeSettling = () => batches.length === 2 && touchStateFile();
        while (batches.length < 1) await turn();
        if (moment === 'before') touchStateFile();
        await turns(40);
        expect(store.writable).toBe(false);

        await clock.advance(60_000);
        add(makeEpisode({ sequence: left + 1, pod: 1 }));
        await turns(40);
        expect(store.writable).toBe(true);
        attributor.learn();
        await pending.settled();
        expect(decided().toSorted((a, b) => a - b)).toEqual(range(1, left + 1));
        expect(store.episodes.pendingCount()).toBe(0);
        store[Symbol.dispose]();

        using next = new StateStore({ directory, historyMax: 9, log, nowMs: () => START_MS });
        expect([next.episodes.pendingCount(), next.episodes.unloaded(0, 9)]).toEqual([0, []]);
      },
    );
  });
});
