import { beforeEach, describe, expect, test } from 'vitest';
import { openCounters } from '../../src/wiring/open-counters.ts';
import { type NodeRecorder, openRecorder } from '../../src/wiring/open-recorder.ts';
import { savedBaselines } from '../../src/wiring/saved-baselines.ts';
import { openLog } from '../../src/log.ts';
import type { CounterBaselines } from '../../src/oom/oom-counters.ts';
import { decideStart } from '../../src/recorder/decide-start.ts';
import { StateStore } from '../../src/store/state-store.ts';
import type { Counters } from '../../src/telemetry/counters.ts';
import { newTally, type Tally } from '../../src/tally.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { LateAttributor } from '../support/late-attributor.ts';
import { makeEpisode } from '../support/make-episode.ts';
import { tempDirectory } from '../support/temp-directory.ts';

const BOOT = 'boot-1';
const log = openLog({ level: 'silent', format: 'json' }, () => undefined);

let clock: FakeClock;
let directory: string;
let attributor: LateAttributor;
/** Of the cgroup counters; `undefined` while not known. */
let baselines: CounterBaselines | undefined;
let readBaselines: () => CounterBaselines | undefined;
/** Of the process that was opened last. */
let tally: Tally;

beforeEach(() => {
  clock = new FakeClock();
  directory = tempDirectory();
  attributor = new LateAttributor(true);
  baselines = undefined;
  readBaselines = () => baselines;
});

interface Opened {
  readonly store: StateStore;
  readonly counters: Counters;
  readonly recorder: NodeRecorder;
}

/** As the process begins. Nothing ends it but the test: what it does not write is lost. */
function open(bootId = BOOT): Opened {
  const nowMs = (): number => clock.wallMs();
  const store = new StateStore({ directory, historyMax: 99, log, nowMs });
  tally = newTally();
  const counters = openCounters(store, () => undefined, nowMs, tally);
  const facts = { bootId, startAt: 'boot' } as const;
  const recorder = openRecorder(
    {
      store,
      counters,
      log,
      attributor,
      sink: new FakeSink(),
      baselines: () => readBaselines(),
      origin: { node: { name: 'node-1' }, bootId },
      start: decideStart({ ...facts, cursor: store.cursor.read() }),
    },
    { clock },
  );
  return { store, counters, recorder };
}

/** The process dies in its next transaction: before the disk has it, or after. */
function dieWithin({ store }: Opened, when: 'before' | 'after'): void {
  const transaction = store.transaction.bind(store);
  let isWithin = false;
  store.transaction = (work) => {
    if (isWithin) return transaction(work);
    isWithin = true;
    try {
      transaction(() => {
        work();
        if (when === 'before') throw new Error('killed before the commit');
      });
    } finally {
      isWithin = false;
    }
    throw new Error('killed after the commit');
  };
}

function shown(counters: Counters): Record<string, unknown> {
  return JSON.parse(JSON.stringify(counters));
}

describe('the baselines of the cgroup counters', () => {
  const of = (sequence: number): CounterBaselines => ({ sequence, total: 1, rows: [['/a', 1]] });
  const kept = ({ store }: Opened) => {
    const cursor = store.cursor.read();
    return savedBaselines(store, {
      backlogUntil: -1,
      point: { at: 'cursor', sequence: 0, ...cursor },
    });
  };

  test.for(['before', 'after'] as const)(
    'are those of the last episode when the process dies %s its transaction is on the disk',
    async (when) => {
      const first = open();
      baselines = of(11);
      await first.recorder.record(makeEpisode({ sequence: 10, pod: 7 }));
      baselines = of(21);
      dieWithin(first, when);
      await expect(first.recorder.record(makeEpisode({ sequence: 20, pod: 7 }))).rejects.toThrow(
        when,
      );
      expect(kept(open())).toEqual(of(when === 'before' ? 11 : 21));
    },
  );

  test('are none after an episode that left them unknown', async () => {
    const first = open();
    baselines = of(11);
    await first.recorder.record(makeEpisode({ sequence: 10, pod: 7 }));
    baselines = undefined;
    await first.recorder.record(makeEpisode({ sequence: 20, pod: 7 }));
    expect(kept(open())).toBeUndefined();
  });

  test('are those of the last episode still when something else is written meanwhile', async () => {
    const first = open();
    baselines = of(11);
    await first.recorder.record(makeEpisode({ sequence: 10, pod: 7 }));
    baselines = undefined;
    first.store.containers.put([{ key: 'a', value: {} }]);
    first.recorder.passed(19);
    first.recorder.caughtUp(19);
    expect(first.store.cursor.read()?.sequence).toBe(19);
    expect(kept(open())).toEqual(of(11));
  });

  test('are nobody’s who begins elsewhere than at the cursor', async () => {
    const first = open();
    baselines = of(11);
    await first.recorder.record(makeEpisode({ sequence: 10, pod: 7 }));
    const start = { backlogUntil: -1, point: { at: 'oldest' } } as const;
    expect(savedBaselines(first.store, start)).toBeUndefined();
  });

  test('are nobody’s in the next boot, whose counters and sequences begin anew', async () => {
    const first = open();
    baselines = of(11);
    await first.recorder.record(makeEpisode({ sequence: 10, pod: 7 }));
    const second = open('boot-2');
    second.recorder.passed(3);
    second.recorder.caughtUp(3);
    expect(kept(open('boot-2'))).toBeUndefined();
  });
});

describe('an episode counts', () => {
  const once = {
    episodes: { container: 1 },
    suppressed: { 'group-line': 1 },
    killed: 1,
    kills: [{ pod: 'pod-7', count: 1 }],
  };
  const episode = { ...makeEpisode({ sequence: 10, pod: 7 }), context: 'suppressed' as const };

  test.for(['before', 'after'] as const)(
    'once when the process dies %s its transaction is on the disk',
    async (when) => {
      const first = open();
      dieWithin(first, when);
      await expect(first.recorder.record(episode)).rejects.toThrow(when);

      const second = open();
      await second.recorder.record(episode);
      expect(shown(second.counters)).toMatchObject(once);
      expect(shown(open().counters)).toMatchObject(once);
    },
  );

  test('once, in memory and on the disk, when its transaction failed and it is recorded again', async () => {
    const first = open();
    readBaselines = () => {
      throw new Error('a bug');
    };
    await expect(first.recorder.record(episode)).rejects.toThrow('a bug');
    expect(shown(first.counters)).toMatchObject({ episodes: { container: 0 }, killed: 0 });
    readBaselines = () => baselines;
    await first.recorder.record(episode);
    expect(shown(first.counters)).toMatchObject(once);
    expect(shown(open().counters)).toMatchObject(once);
  });

  test.for(['before', 'after'] as const)(
    'once it is attributed, and once, when the process dies %s that is on the disk',
    async (when) => {
      attributor = new LateAttributor();
      const first = open();
      await first.recorder.record(episode);
      expect(shown(open().counters)).toMatchObject({ episodes: { container: 0 }, killed: 0 });
      dieWithin(first, when);
      attributor.learn();
      await first.recorder.settled(new AbortController().signal);

      const second = open();
      await second.recorder.settled(new AbortController().signal);
      expect(shown(second.counters)).toMatchObject(once);
      expect(shown(open().counters)).toMatchObject(once);
    },
  );
});

describe('what is counted', () => {
  test.for([
    ['before', -1, 0],
    ['after', 999, 2],
  ] as const)(
    'agrees with the cursor when the process dies %s it is on the disk',
    async ([when, sequence, forged]) => {
      const first = open();
      tally.forged = 2;
      dieWithin(first, when);
      const passAll = () => {
        for (let passed = 0; passed < 1000; passed += 1) first.recorder.passed(passed);
      };
      expect(passAll).toThrow(when);

      const { store, counters } = open();
      expect(store.cursor.read()?.sequence ?? -1).toBe(sequence);
      expect(counters.log.forged).toBe(forged);
    },
  );

  test('has every Event the spam filter held back', async () => {
    const { counters, recorder } = open();
    for (let sequence = 10; sequence < 400; sequence += 10) {
      await recorder.record(makeEpisode({ sequence, atMs: sequence }));
    }
    await recorder.stop(0);
    expect(shown(counters)).toMatchObject({
      skips: { held: 39 - 25, capped: 0, dropped: 0 },
      posts: { created: expect.any(Number) },
    });
  });
});
