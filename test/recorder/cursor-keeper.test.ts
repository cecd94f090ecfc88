import { beforeEach, describe, expect, test } from 'vitest';
import { CursorKeeper } from '../../src/recorder/cursor-keeper.ts';
import { NO_BACKLOG, WHOLE_RING } from '../../src/store/cursor-table.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryLog } from '../support/memory-log.ts';

const FROM = { bootId: 'boot-1', backlogUntil: NO_BACKLOG };

let clock: FakeClock;
let store: StateStore;

beforeEach(() => {
  clock = new FakeClock();
  store = new StateStore({
    directory: undefined,
    historyMax: 9,
    log: new MemoryLog(),
    nowMs: () => clock.wallMs(),
  });
});

function sequence(): number | undefined {
  return store.cursor.read()?.sequence;
}

describe('the cursor, while records pass', () => {
  test('moves every 1,000 records', () => {
    const keeper = new CursorKeeper(store, clock, FROM);
    for (let passed = 0; passed < 999; passed += 1) keeper.passed(passed);
    expect(sequence()).toBeUndefined();
    keeper.passed(999);
    expect(sequence()).toBe(999);
    for (let passed = 1000; passed < 1999; passed += 1) keeper.passed(passed);
    expect(sequence()).toBe(999);
  });

  test('counts what was skipped between two that pass', () => {
    const keeper = new CursorKeeper(store, clock, FROM);
    for (const passed of [0, 256, 512, 768]) keeper.passed(passed);
    expect(sequence()).toBeUndefined();
    keeper.passed(1024);
    expect(sequence()).toBe(1024);
  });

  test('moves with the first record after a minute, and with no timer', async () => {
    const keeper = new CursorKeeper(store, clock, FROM);
    keeper.passed(1);
    await clock.advance(60_000);
    expect(clock.waiting).toBe(0);
    expect(sequence()).toBeUndefined();
    keeper.passed(2);
    expect(sequence()).toBe(2);
  });

  test('moves at the end, as far as reading came', () => {
    const keeper = new CursorKeeper(store, clock, FROM);
    keeper.flush();
    expect(sequence()).toBeUndefined();
    keeper.passed(5);
    keeper.passed(3);
    keeper.flush();
    expect(sequence()).toBe(5);
  });

  test('knows the backlog by its last record, also in the next process', () => {
    const keeper = new CursorKeeper(store, clock, { ...FROM, backlogUntil: WHOLE_RING });
    keeper.writeBehind({ lastSequence: 4 });
    expect(store.cursor.read()).toMatchObject({ sequence: 4, backlogUntil: WHOLE_RING });
    expect(keeper.isBacklog(7)).toBe(true);
    keeper.passed(5);
    keeper.caughtUp(6);
    expect([keeper.isBacklog(6), keeper.isBacklog(7)]).toEqual([true, false]);
    expect(store.cursor.read()).toMatchObject({ sequence: 5, backlogUntil: 6 });

    const from = { ...FROM, backlogUntil: 6 };
    const next = new CursorKeeper(store, clock, from);
    next.caughtUp(9);
    expect([next.isBacklog(6), next.isBacklog(7)]).toEqual([true, false]);
  });
});
