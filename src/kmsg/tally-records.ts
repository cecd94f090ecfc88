import { type MonoTypeOperatorFunction, tap } from 'rxjs';
import type { CountedRecord } from './count-lost.ts';
import type { Drained } from './record.ts';

/** What the operator adds up. */
export interface RecordTally {
  /** Records read, whoever wrote them. */
  records: number;
  /** Records the ring dropped before we read them. */
  lost: number;
}

/**
 * Adds up what is to be read, and what of it went.
 *
 * @param onLost told of each gap, by the first record after it
 */
export function tallyRecords(
  tally: RecordTally,
  onLost?: (record: CountedRecord) => void,
): MonoTypeOperatorFunction<CountedRecord | Drained> {
  return tap((item) => {
    if (item.kind === 'drained') return;
    tally.records += 1 + (item.skippedUs?.length ?? 0);
    tally.lost += item.lost;
    if (item.lost > 0) onLost?.(item);
  });
}
