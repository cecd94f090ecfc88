import { describe, expect, test } from 'vitest';
import { NO_BACKLOG, WHOLE_RING } from '../../src/store/cursor-table.ts';
import { decideStart, type StartFacts } from '../../src/recorder/decide-start.ts';

const BOOT = { bootId: 'boot-1', startAt: 'boot', lastSequence: () => 41 } as const;
const OTHER = { bootId: 'boot-0', sequence: 70, backlogUntil: 5 };

describe('where to begin', () => {
  test.each<[string, StartFacts, ReturnType<typeof decideStart>]>([
    [
      'after the cursor of this boot, whatever --start-at says',
      {
        ...BOOT,
        startAt: 'now',
        cursor: { bootId: 'boot-1', sequence: 7, backlogUntil: WHOLE_RING },
      },
      { point: { at: 'cursor', sequence: 7 }, backlogUntil: WHOLE_RING },
    ],
    [
      'at boot',
      { ...BOOT, cursor: undefined },
      { point: { at: 'oldest' }, backlogUntil: WHOLE_RING },
    ],
    [
      'at another boot',
      { ...BOOT, cursor: OTHER },
      { point: { at: 'oldest' }, backlogUntil: WHOLE_RING },
    ],
    [
      'now, after the last record there is',
      { ...BOOT, startAt: 'now', cursor: OTHER },
      { point: { at: 'now', sequence: 41 }, backlogUntil: NO_BACKLOG },
    ],
    [
      'now, which in a saved log is its beginning',
      { ...BOOT, startAt: 'now', lastSequence: undefined, cursor: undefined },
      { point: { at: 'oldest' }, backlogUntil: NO_BACKLOG },
    ],
  ])('%s', (_, facts, start) => {
    expect(decideStart(facts)).toEqual(start);
  });
});
