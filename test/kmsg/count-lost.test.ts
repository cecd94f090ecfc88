import { describe, expect, test } from 'vitest';
import { countLost, type CountedRecord } from '../../src/kmsg/count-lost.ts';
import type { DatedRecord } from '../../src/kmsg/tell-time.ts';
import { kernelSays } from '../support/kernel-says.ts';
import { marbles } from '../support/marbles.ts';

const [ANY] = kernelSays('any');
const dated = (sequence: number) => ({ ...ANY, atMs: 0, sequence }) as DatedRecord;
const counted = (sequence: number, lost: number): CountedRecord => ({ ...dated(sequence), lost });
const drained = { kind: 'drained', atMs: 1 } as const;

describe('countLost', () => {
  test('tags each record with what was lost before it', () => {
    marbles(({ cold, expectObservable }) => {
      const tally = { records: 0, lost: 0 };
      const before = { a: dated(1), b: dated(2), e: dated(5), d: drained };
      const after = { a: counted(1, 0), b: counted(2, 0), e: counted(5, 2), d: drained };
      expectObservable(cold('-a-b-d-e-|', before).pipe(countLost(tally))).toBe('-a-b-d-e-|', after);
    });
  });

  test('adds up', () => {
    const tally = { records: 0, lost: 0 };
    marbles(({ cold, expectObservable }) => {
      const before = { a: dated(1), e: dated(5), z: dated(26) };
      const after = { a: counted(1, 0), e: counted(5, 3), z: counted(26, 20) };
      expectObservable(cold('aez#', before).pipe(countLost(tally))).toBe('aez#', after);
    });
    expect(tally).toEqual({ records: 3, lost: 23 });
  });

  test('takes a sequence that goes backwards for another log', () => {
    marbles(({ cold, expectObservable }) => {
      const [before, after] = [
        { a: dated(9), b: dated(1) },
        { a: counted(9, 0), b: counted(1, 0) },
      ];
      expectObservable(cold('ab|', before).pipe(countLost({ records: 0, lost: 0 }))).toBe(
        'ab|',
        after,
      );
    });
  });

  test('counts from what was expected, where that is known', () => {
    marbles(({ cold, expectObservable }) => {
      const records$ = cold('a|', { a: dated(9) });
      const counts = countLost({ records: 0, lost: 0 }, 4);
      expectObservable(records$.pipe(counts)).toBe('a|', { a: counted(9, 5) });
    });
  });

  test('begins anew with each subscription', () => {
    marbles(({ cold, expectObservable }) => {
      const counted$ = cold('a|', { a: dated(9) }).pipe(countLost({ records: 0, lost: 0 }));
      expectObservable(counted$).toBe('a|', { a: counted(9, 0) });
      expectObservable(counted$, '--^').toBe('--a|', { a: counted(9, 0) });
    });
  });
});
