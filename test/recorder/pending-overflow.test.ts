import { expect, test } from 'vitest';
import { attributeBy } from '../../src/recorder/attributor.ts';
import { BATCH, PendingOverflow } from '../../src/recorder/pending-overflow.ts';
import type { NumberedEpisode } from '../../src/store/stored-episode.ts';
import { numberedPods } from '../support/kill-report.ts';
import { makeEpisode } from '../support/make-episode.ts';
import { MemoryLog } from '../support/memory-log.ts';

function left(count: number): readonly NumberedEpisode[] {
  return Array.from({ length: count }, (_, at) => ({
    id: at + 1,
    bootId: 'boot-1',
    state: 'pending',
    enteredMs: 0,
    episode: makeEpisode({ sequence: at + 1, pod: at % 3 }),
  }));
}

test('what an earlier process left beyond the limit is decided batch by batch, oldest first, and said', () => {
  const rows = left(BATCH + 7);
  const [decided, log] = [[] as (readonly NumberedEpisode[])[], new MemoryLog()];
  const overflow = new PendingOverflow({
    episodes: {
      unloaded: (id, count) => rows.filter((row) => row.id > id).slice(0, count),
      findPending: () => undefined,
    },
    attributor: attributeBy(numberedPods),
    log,
    settle: (batch) => decided.push(batch),
  });
  expect(overflow.isLeft).toBe(false);
  overflow.resume();
  while (overflow.isLeft) overflow.decideLeft();
  expect(decided.map(({ length }) => length)).toEqual([BATCH, 7]);
  expect(decided.flat().map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
  expect(decided.flat().every(({ attribution }) => attribution?.isEarly)).toBe(true);
  expect(log.lines.map(({ level, facts }) => [level, facts['episodes']])).toEqual([
    ['warn', BATCH],
    ['warn', 7],
  ]);
});
