import { expect, test } from 'vitest';
import type { CountedRecord } from '../../src/kmsg/count-lost.ts';
import { tallyRecords } from '../../src/kmsg/tally-records.ts';
import { kernelSays } from '../support/kernel-says.ts';
import { marbles } from '../support/marbles.ts';

const [ANY] = kernelSays('any');
const counted = (sequence: number, lost: number) =>
  ({ ...ANY, atMs: 0, sequence, lost }) as CountedRecord;
const drained = { kind: 'drained', atMs: 1 } as const;

test('adds up, tells each gap, and lets everything pass', () => {
  const tally = { records: 0, lost: 0 };
  const gaps: number[] = [];
  const items = {
    a: counted(1, 0),
    b: counted(5, 3),
    d: drained,
    z: { ...counted(26, 20), skippedUs: [1, 2] },
  };
  marbles(({ cold, expectObservable }) => {
    const tallied = tallyRecords(tally, ({ sequence }) => gaps.push(sequence));
    expectObservable(cold('-(ab)-d-z-#', items).pipe(tallied)).toBe('-(ab)-d-z-#', items);
  });
  expect(tally).toEqual({ records: 5, lost: 23 });
  expect(gaps).toEqual([5, 26]);
});
