import { defer, map, type OperatorFunction } from 'rxjs';
import type { Drained } from './record.ts';
import type { DatedRecord } from './tell-time.ts';

/** A record and how many the kernel's ring dropped immediately before it. */
export type CountedRecord = DatedRecord & { readonly lost: number };

/** What the operator adds up. */
export interface RecordTally {
  /** Records read, whoever wrote them. */
  records: number;
  /** Records the ring dropped before we read them. */
  lost: number;
}

/**
 * Tags each record with the number of records lost immediately before it.
 *
 * The kernel numbers records consecutively, so a jump in `sequence` is the only evidence that the
 * ring lapped us. State is per subscription. A sequence that goes backwards (two saved logs one
 * after the other) is another log, not a loss.
 *
 *     in   --1--2-----5--|
 *     out  --0--0-----2--|      (values of `lost`)
 *
 * @param expected the sequence after the last record read before, where one is known
 * @param onLost told of each gap, by the first record after it
 * @see https://www.kernel.org/doc/Documentation/ABI/testing/dev-kmsg
 */
export function countLost(
  tally: RecordTally,
  expected?: number,
  onLost?: (record: CountedRecord) => void,
): OperatorFunction<DatedRecord | Drained, CountedRecord | Drained> {
  return (items$) =>
    defer(() => {
      let next = expected;
      return items$.pipe(
        map((item) => {
          if (item.kind === 'drained') return item;
          const lost = Math.max(0, item.sequence - (next ?? item.sequence));
          next = item.sequence + 1;
          tally.records += 1;
          tally.lost += lost;
          const counted = { ...item, lost };
          if (lost > 0) onLost?.(counted);
          return counted;
        }),
      );
    });
}
