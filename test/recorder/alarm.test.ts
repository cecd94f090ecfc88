import { beforeEach, describe, expect, test } from 'vitest';
import { Alarm } from '../../src/recorder/alarm.ts';
import { FakeClock } from '../support/fake-clock.ts';

const HOUR_MS = 60 * 60_000;

let clock: FakeClock;
let rungAtMs: number[];
let alarm: Alarm;
let startMs: number;

beforeEach(() => {
  clock = new FakeClock();
  startMs = clock.wallMs();
  rungAtMs = [];
  alarm = new Alarm(clock, () => rungAtMs.push(clock.wallMs() - startMs));
});

describe('an alarm', () => {
  test('rings once, at its time', async () => {
    alarm.set(startMs + 500);
    expect(alarm.isSet).toBe(true);
    await clock.advance(499);
    expect(rungAtMs).toEqual([]);
    await clock.advance(HOUR_MS);
    expect(rungAtMs).toEqual([500]);
    expect(alarm.isSet).toBe(false);
  });

  test('is set to another time, and taken back', async () => {
    alarm.set(startMs + 500);
    alarm.set(startMs + 200);
    expect(clock.waiting).toBe(1);
    await clock.advance(1000);
    expect(rungAtMs).toEqual([200]);

    alarm.set(startMs + 2000);
    alarm.set(undefined);
    expect(clock.waiting).toBe(0);
    await clock.advance(HOUR_MS);
    expect(rungAtMs).toEqual([200]);
  });

  test('keeps the time that is sooner, where it is to ring by another', async () => {
    for (const atMs of [startMs + 500, startMs + 200, startMs + 900, undefined]) alarm.setBy(atMs);
    expect(clock.waiting).toBe(1);
    await clock.advance(1000);
    expect(rungAtMs).toEqual([200]);
  });

  test('rings at once for a time that is past, again and again if asked', async () => {
    alarm.set(startMs - 500);
    await clock.settle();
    alarm.set(startMs - 500);
    await clock.settle();
    expect(rungAtMs).toEqual([0, 0]);
  });

  test('rings every hour at least, for a wall clock may be set', async () => {
    alarm.set(startMs + 30 * 24 * HOUR_MS);
    await clock.advance(HOUR_MS);
    expect(rungAtMs).toEqual([HOUR_MS]);
  });
});
