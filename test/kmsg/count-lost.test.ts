import { describe, test } from 'vitest';
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
      const before = { a: dated(1), b: dated(2), e: dated(5), d: drained };
      const after = { a: counted(1, 0), b: counted(2, 0), e: counted(5, 2), d: drained };
      expectObservable(cold('-a-b-d-e-|', before).pipe(countLost())).toBe('-a-b-d-e-|', after);
    });
  });

  test('knows what was skipped for read', () => {
    marbles(({ cold, expectObservable }) => {
      const run = { ...dated(5), skippedUs: [3, 4] };
      const before = { a: dated(2), b: run, c: { ...run, sequence: 9 } };
      const after = {
        a: counted(2, 0),
        b: { ...run, lost: 0 },
        c: { ...run, sequence: 9, lost: 1 },
      };
      expectObservable(cold('abc|', before).pipe(countLost())).toBe('abc|', after);
    });
  });

  test('takes a sequence that goes backwards for another log', () => {
    marbles(({ cold, expectObservable }) => {
      const [before, after] = [
        { a: dated(9), b: dated(1) },
        { a: counted(9, 0), b: counted(1, 0) },
      ];
      expectObservable(cold('ab|', before).pipe(countLost())).toBe('ab|', after);
    });
  });

  test('begins anew with each subscription', () => {
    marbles(({ cold, expectObservable }) => {
      const counted$ = cold('a|', { a: dated(9) }).pipe(countLost());
      expectObservable(counted$).toBe('a|', { a: counted(9, 0) });
      expectObservable(counted$, '--^').toBe('--a|', { a: counted(9, 0) });
    });
  });
});
