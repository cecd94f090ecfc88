import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { AgeClock } from '../../src/outputs/age-clock.ts';
import { FakeClock } from '../support/fake-clock.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

let clock: FakeClock;
let ages: AgeClock;

beforeEach(() => {
  clock = new FakeClock(1000);
  ages = new AgeClock(clock);
});

/** Enters a row. @returns how old it is, whenever asked */
function enter(): () => number {
  const enteredAtMs = clock.wallMs();
  ages.look();
  return () => ages.ageMs(enteredAtMs);
}

describe('a row', () => {
  test('grows old with the clocks', async () => {
    const age = enter();
    await clock.advance(DAY_MS);
    expect(age()).toBe(DAY_MS);
  });

  test('left by an earlier process is as old as the wall clock says at the start', async () => {
    await clock.advance(DAY_MS);
    const later = new AgeClock(clock);
    await clock.advance(HOUR_MS);
    expect(later.ageMs(1000)).toBe(DAY_MS + HOUR_MS);
  });

  test('is not made older by a clock that is set forward, whenever that was noticed', async () => {
    const before = enter();
    await clock.advance(HOUR_MS);
    clock.set(Date.UTC(2026, 10, 21));
    await clock.advance(HOUR_MS);
    const after = enter();
    await clock.advance(HOUR_MS);
    expect(before()).toBe(3 * HOUR_MS);
    expect(after()).toBe(HOUR_MS);
  });

  test('is never younger than it says, however often the clock is set', () => {
    const step = fc.record({
      passMs: fc.integer({ min: 0, max: DAY_MS }),
      setMs: fc.option(fc.integer({ min: 0, max: 10 * DAY_MS }), { nil: undefined }),
    });
    return fc.assert(
      fc.asyncProperty(fc.array(step), async (steps) => {
        clock = new FakeClock(0);
        ages = new AgeClock(clock);
        const rows: { readonly age: () => number; readonly enteredAtMs: number }[] = [];
        for (const { passMs, setMs } of steps) {
          rows.push({ age: enter(), enteredAtMs: clock.monotonicMs() });
          await clock.advance(passMs);
          if (setMs !== undefined) clock.set(setMs);
        }
        for (const { age, enteredAtMs } of rows)
          expect(age()).toBeLessThanOrEqual(
            clock.monotonicMs() - enteredAtMs + 60_000 * steps.length,
          );
      }),
    );
  });
});
