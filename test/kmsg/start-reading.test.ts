import { describe, expect, test } from 'vitest';
import { from, lastValueFrom, map, of, toArray } from 'rxjs';
import type { KmsgRecord, LogItem } from '../../src/kmsg/record.ts';
import { startReading, type StartPoint } from '../../src/kmsg/start-reading.ts';

const DRAINED = 'drained';

function item(what: number | typeof DRAINED): LogItem {
  if (what === DRAINED) return { kind: 'drained', atMs: 0 };
  const said = { facility: 0, priority: 6, flag: '-', message: '', readAtMs: 0, live: false };
  return { kind: 'record', sequence: what, monotonicUs: 0, ...said };
}

async function read(start: StartPoint, ...items: readonly (number | typeof DRAINED)[]) {
  const told: string[] = [];
  const report = {
    away: (lost: number) => told.push(`away ${lost}`),
    caughtUp: (sequence: number) => told.push(`caught up ${sequence}`),
  };
  const passed$ = from(items.map(item)).pipe(
    startReading(start, report),
    map((each) => (each.kind === 'record' ? each.sequence : DRAINED)),
    toArray(),
  );
  return { passed: await lastValueFrom(passed$), told };
}

describe('where reading starts', () => {
  test.each<
    [string, StartPoint, (number | typeof DRAINED)[], (number | typeof DRAINED)[], string[]]
  >([
    [
      'with the oldest record',
      { at: 'oldest' },
      [5, DRAINED, 6, DRAINED],
      [5, DRAINED, 6, DRAINED],
      ['caught up 5'],
    ],
    [
      'after the cursor',
      { at: 'cursor', sequence: 5 },
      [4, 5, 6, DRAINED],
      [6, DRAINED],
      ['caught up 6'],
    ],
    ['behind a gap, which is told', { at: 'cursor', sequence: 5 }, [9, 12], [9, 12], ['away 3']],
    [
      'behind a gap that was made while it read, which is no matter of the start',
      { at: 'cursor', sequence: 5 },
      [4, 9, DRAINED],
      [9, DRAINED],
      ['caught up 9'],
    ],
    [
      'with nothing there, and a gap before what comes',
      { at: 'cursor', sequence: 5 },
      [DRAINED, 9],
      [DRAINED, 9],
      ['caught up 5'],
    ],
    ['with nothing new', { at: 'cursor', sequence: 5 }, [5, DRAINED], [DRAINED], ['caught up 5']],
    [
      'now, with what came before the log was drained for the first time',
      { at: 'now', sequence: 2 },
      [1, 2, 3, DRAINED, 4],
      [3, DRAINED, 4],
      ['caught up 3'],
    ],
    [
      'now, with an empty log',
      { at: 'now', sequence: -1 },
      [DRAINED, 0],
      [DRAINED, 0],
      ['caught up -1'],
    ],
  ])('%s', async (_, start, items, passed, told) => {
    expect(await read(start, ...items)).toEqual({ passed, told });
  });
});

test('of what was skipped, it leaves out what was read before', async () => {
  const run = { ...item(9), skippedUs: [6, 7, 8] } as KmsgRecord;
  const read = async (sequence: number) => {
    const away: number[] = [];
    const start$ = of(run).pipe(
      startReading({ at: 'cursor', sequence }, { away: (lost) => away.push(lost) }),
      toArray(),
    );
    return [
      away,
      (await lastValueFrom(start$)).map((each) => each.kind === 'record' && each.skippedUs),
    ];
  };
  expect(await read(3)).toEqual([[2], [[6, 7, 8]]]);
  expect(await read(5)).toEqual([[], [[6, 7, 8]]]);
  expect(await read(7)).toEqual([[], [[8]]]);
  expect(await read(8)).toEqual([[], [[]]]);
  expect(await read(9)).toEqual([[], []]);
});
