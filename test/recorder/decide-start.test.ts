import { describe, expect, test } from 'vitest';
import { decideStart, type StartFacts } from '../../src/recorder/decide-start.ts';

const BOOT = { bootId: 'boot-1', startAt: 'boot', isSavedLog: false } as const;
const OTHER = { bootId: 'boot-0', sequence: 70, backlog: false };

describe('where to begin', () => {
  test.each<[string, StartFacts, ReturnType<typeof decideStart>]>([
    [
      'after the cursor of this boot, whatever --start-at says',
      { ...BOOT, startAt: 'now', cursor: { bootId: 'boot-1', sequence: 7, backlog: true } },
      { point: { at: 'cursor', sequence: 7 }, backlog: true },
    ],
    ['at boot', { ...BOOT, cursor: undefined }, { point: { at: 'oldest' }, backlog: true }],
    ['at another boot', { ...BOOT, cursor: OTHER }, { point: { at: 'oldest' }, backlog: true }],
    ['now', { ...BOOT, startAt: 'now', cursor: OTHER }, { point: { at: 'now' }, backlog: false }],
    [
      'now, which in a saved log is its beginning',
      { ...BOOT, startAt: 'now', isSavedLog: true, cursor: undefined },
      { point: { at: 'oldest' }, backlog: false },
    ],
  ])('%s', (_, facts, start) => {
    expect(decideStart(facts)).toEqual(start);
  });
});
