import { defer, map, type OperatorFunction } from 'rxjs';
import type { Drained } from './record.ts';
import type { DatedRecord } from './tell-time.ts';

/** A record and how many the kernel's ring dropped immediately before it. */
export type CountedRecord = DatedRecord & { readonly lost: number };

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
 * @see https://www.kernel.org/doc/Documentation/ABI/testing/dev-kmsg
 */
export function countLost(): OperatorFunction<DatedRecord | Drained, CountedRecord | Drained> {
  return (items$) =>
    defer(() => {
      let next: number | undefined;
      return items$.pipe(
        map((item) => {
          if (item.kind === 'drained') return item;
          const first = item.sequence - (item.skippedUs?.length ?? 0);
          const lost = Math.max(0, first - (next ?? first));
          next = item.sequence + 1;
          return { ...item, lost };
        }),
      );
    });
}
