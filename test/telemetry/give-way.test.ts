import { beforeEach, describe, expect, test } from 'vitest';
import { giveWay } from '../../src/telemetry/give-way.ts';
import { FakeClock } from '../support/fake-clock.ts';

let clock: FakeClock;
let records: number;
let pause: () => Promise<void>;

beforeEach(() => {
  clock = new FakeClock();
  records = 0;
  pause = giveWay({ clock, records: () => records });
});

/** How long the next piece has to wait, ms. */
async function waitOf(meanwhile: (atMs: number) => void = () => undefined): Promise<number> {
  const beganMs = clock.monotonicMs();
  const over = new AbortController();
  void pause().then(() => over.abort());
  await clock.settle();
  while (!over.signal.aborted) {
    meanwhile(clock.monotonicMs() - beganMs);
    await clock.advance(1);
    if (clock.monotonicMs() - beganMs > 60_000) throw new Error('it never goes on');
  }
  return clock.monotonicMs() - beganMs;
}

/** A piece takes so long. */
async function work(ms: number): Promise<void> {
  await clock.advance(ms);
}

describe('a piece of a long answer', () => {
  test('waits a turn where there was little to do', async () => {
    expect(await waitOf()).toBe(0);
    expect(clock.waiting).toBe(0);
  });

  test('waits three times as long as the one before took', async () => {
    await work(4);
    expect(await waitOf()).toBe(12);
    expect(await waitOf()).toBe(0);
  });

  test('does not wait for ever because somebody reads slowly', async () => {
    await work(8_000);
    expect(await waitOf()).toBe(50);
  });

  test('waits until no record has come for a while', async () => {
    const storm = (atMs: number): void => void (records += atMs < 400 ? 1 : 0);
    expect(await waitOf(storm)).toBe(0);
    records += 1;
    expect(await waitOf(storm)).toBe(450);
    expect(await waitOf()).toBe(0);
  });

  test('waits three seconds of an answer at most, for a log that is never quiet', async () => {
    records += 1;
    expect(await waitOf(() => (records += 1))).toBe(3_000);
    records += 1;
    expect(await waitOf(() => (records += 1))).toBe(0);
  });
});
