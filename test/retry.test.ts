import { beforeEach, describe, expect, test } from 'vitest';
import { backOffMs, heedRetryAfter, Pause, readRetryAfterMs, WaitList } from '../src/retry.ts';
import { FakeClock } from './support/fake-clock.ts';

let clock: FakeClock;
let waiting: WaitList;
let happened: string[];

beforeEach(() => {
  clock = new FakeClock();
  waiting = new WaitList(clock);
  happened = [];
});

describe('backOffMs', () => {
  test.each([
    [1, 250, 500],
    [2, 500, 1000],
    [5, 4000, 8000],
    [8, 30_000, 60_000],
    [5000, 30_000, 60_000],
  ])('after failure %i lies between %i and %i ms', (failures, leastMs, mostMs) => {
    expect(backOffMs({ failures, random: 0 })).toBe(leastMs);
    expect(backOffMs({ failures, random: 1 })).toBe(mostMs);
  });

  test('is longer where the server asks for it, and no longer than asked or five minutes', () => {
    const tries = { failures: 1, random: 1 };
    expect(backOffMs({ ...tries, askedMs: 499 })).toBe(500);
    expect(backOffMs({ ...tries, askedMs: 20_000 })).toBe(20_000);
    expect(backOffMs({ ...tries, askedMs: 86_400_000 })).toBe(300_000);
    expect(heedRetryAfter(400_000, 86_400_000)).toBe(400_000);
  });
});

describe('readRetryAfterMs', () => {
  test.each([
    ['120', 120_000],
    ['0', 0],
    ['-1', 0],
    ['1.5', 0],
    ['Fri, 31 Dec 1999 23:59:59 GMT', 0],
    [['1', '2'], 0],
    [undefined, 0],
  ])('takes %j for %i ms', (header, ms) => {
    expect(readRetryAfterMs(header)).toBe(ms);
  });
});

describe('a wait list', () => {
  test('has everything come at its time, until it is closed', async () => {
    for (const ms of [10, 20, 30]) waiting.after(ms, () => happened.push(`${ms}`));
    await clock.advance(20);
    waiting.close();
    waiting.after(1, () => happened.push('late'));
    await clock.advance(100);
    expect(happened).toEqual(['10', '20']);
    expect(clock.waiting).toBe(0);
  });
});

describe('a pause', () => {
  test('ends with the longest of several that were asked for', async () => {
    const pause = new Pause(waiting);
    for (const ms of [10, 30, 20]) pause.begin(ms, () => happened.push(`${ms}`));
    await clock.advance(29);
    expect([pause.isOn, happened]).toEqual([true, []]);
    await clock.advance(1);
    expect([pause.isOn, happened]).toEqual([false, ['30']]);
  });

  test('is over for a last try, and stays on when that fails as well', async () => {
    const pause = new Pause(waiting);
    pause.begin(10, () => happened.push('over'));
    waiting.close();
    pause.end();
    expect(pause.isOn).toBe(false);
    pause.begin(10, () => happened.push('over'));
    await clock.advance(100);
    expect([pause.isOn, happened]).toEqual([true, []]);
  });

  test('counts what fails in a row, but not what fails while it is on', async () => {
    const pause = new Pause(waiting);
    expect(pause.failed()).toBe(1);
    pause.begin(10, () => undefined);
    expect(pause.failed()).toBe(1);
    await clock.advance(10);
    expect(pause.failed()).toBe(2);
    pause.worked();
    expect(pause.failures).toBe(0);
  });
});
