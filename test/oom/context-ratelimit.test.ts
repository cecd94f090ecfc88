import { describe, expect, test } from 'vitest';
import {
  addContext,
  CONTEXT_BURST,
  contextsOf,
  hasContextsLeft,
  noContextsLeft,
} from '../../src/oom/context-ratelimit.ts';
import { anEpisode } from '../support/an-episode.ts';

const MS = 1000;
const full = (monotonicUs: number) => anEpisode({ monotonicUs, context: 'full' });
const suppressed = (monotonicUs: number) => anEpisode({ monotonicUs, context: 'suppressed' });

describe('the kernel has contexts left', () => {
  test('until it has printed ten', () => {
    const nine = noContextsLeft(0).slice(1);
    expect(hasContextsLeft(nine, 0)).toBe(true);
    expect(hasContextsLeft(addContext(nine, 0), 0)).toBe(false);
  });

  test('five seconds and two jiffies after the oldest of ten', () => {
    const printed = addContext(noContextsLeft(0), 3000 * MS);
    expect(printed).toHaveLength(CONTEXT_BURST);
    expect(hasContextsLeft(printed, 5019 * MS)).toBe(false);
    expect(hasContextsLeft(printed, 5020 * MS)).toBe(true);
  });
});

describe('what was printed before', () => {
  test('is what the episodes say that go back five seconds', () => {
    expect(contextsOf([full(6000 * MS), suppressed(2000 * MS), full(0)])).toEqual([0, 6000 * MS]);
  });

  test('may be everything where they do not', () => {
    expect(contextsOf([full(4000 * MS), full(0)])).toEqual(noContextsLeft(4000 * MS));
  });
});
