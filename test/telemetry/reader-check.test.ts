import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { drainLog } from '../../src/kmsg/drain-log.ts';
import { clockSinceBoot } from '../../src/kmsg/tell-time.ts';
import { OomWatcher } from '../../src/oom-watcher.ts';
import { newTally } from '../../src/tally.ts';
import { readerCheck } from '../../src/telemetry/reader-check.ts';
import { FakeKmsg } from '../support/fake-kmsg.ts';
import { killReport } from '../support/kill-report.ts';

/** The reader as it is, on a ring of ours; `look` is one probe, `afterMs` the last one. */
function setUp(record: () => Promise<void> = () => Promise.resolve()) {
  const ring = new FakeKmsg();
  let nowMs = 0;
  const clock = { wallMs: () => 0, monotonicMs: () => nowMs };
  const watching = new OomWatcher({
    openLog: (gate) => drainLog({ open: ring.open, gate, clock }),
    recordClock: clockSinceBoot(0),
    consumer: () => ({ record }),
    tally: newTally(),
    trustUserspace: false,
  }).start({ name: 'node-1' });
  onTestFinished(() => watching.stop());
  const check = readerCheck(watching.reader, () => nowMs);
  const look = async (afterMs: number): Promise<string | undefined> => {
    nowMs += afterMs;
    const said = check();
    await nextTurn();
    await nextTurn();
    return said;
  };
  return { ring, look };
}

const STUCK = /^the kernel log has not been read for 60 s/;

describe('the reader', () => {
  test('is well while nothing is logged, however often and seldom somebody looks', async () => {
    const { look } = setUp();
    for (const afterMs of [0, 10_000, 10_000, 60_000, 3_600_000, 0]) {
      expect(await look(afterMs)).toBeUndefined();
    }
  });

  test('reads only when it is asked, once for each look', async () => {
    const { ring, look } = setUp();
    await nextTurn();
    expect(ring.reads).toBe(1);
    for (const reads of [2, 3]) {
      await look(10_000);
      expect(ring.reads).toBe(reads);
    }
  });

  test('is not well when it never comes back from its wait, until it does', async () => {
    const { ring, look } = setUp();
    await look(0);
    ring.isStuck = true;
    expect(await look(3_600_000)).toBeUndefined(); // nobody has asked yet
    expect(await look(59_999)).toBeUndefined();
    expect(await look(1)).toMatch(STUCK);
    expect(await look(3_600_000)).toMatch(/for 3660 s/);
    ring.wake();
    expect(await look(10_000)).toBeUndefined();
  });

  test('is well while episodes wait, but not when they do so for a minute', async () => {
    const consumer = Promise.withResolvers<void>();
    const { ring, look } = setUp(() => consumer.promise);
    for (let pod = 0; pod < 13; pod += 1) {
      const records = killReport({ sequence: 0, monotonicUs: 0, pod, pid: 1000 + pod });
      ring.write(...records.map((text) => text.trimEnd().replace(/^[^;]*;/, '')));
    }
    ring.wake();
    for (const afterMs of [0, 30_000, 29_999]) expect(await look(afterMs)).toBeUndefined();
    expect(await look(1)).toMatch(STUCK);
    consumer.resolve();
    await nextTurn();
    expect(await look(10_000)).toBeUndefined();
  });
});
