import { defer, filter, map, type OperatorFunction } from 'rxjs';
import type { CountedRecord } from '../kmsg/count-lost.ts';
import type { Drained } from '../kmsg/record.ts';
import { type KernelLine, readKernelLine } from './kernel-lines.ts';

/** What the operator asks of whoever counts. */
export interface ForgedTally {
  forged: number;
}

/**
 * Lets only the kernel's own records through. Whoever may write `/dev/kmsg` can print a kill line,
 * but not as facility 0; such a line is counted as forged. A gap in front of a rejected record is
 * carried to the next one, so that no loss is forgotten.
 *
 * @param trustUserspace lets everything through: for tests on a machine where nothing may be killed
 * @see devkmsg_write() in kernel/printk/printk.c, which turns facility 0 into LOG_USER
 */
export function rejectForged(
  tally: ForgedTally,
  trustUserspace = false,
): OperatorFunction<CountedRecord | Drained, CountedRecord | Drained> {
  return (items$) =>
    defer(() => {
      let lost = 0;
      return items$.pipe(
        map((item) => {
          if (item.kind === 'drained') return item;
          lost += item.lost;
          if (item.facility !== 0 && !trustUserspace) {
            if (looksLikeOom(item)) tally.forged += 1;
            return undefined;
          }
          const record = lost === item.lost ? item : { ...item, lost };
          lost = 0;
          return record;
        }),
        filter((item) => item !== undefined),
      );
    });
}

/** Too vague to be called forged: `[ 12] my boot script`, `file 3`. */
const VAGUE = new Set<KernelLine['kind'] | undefined>([undefined, 'task-row', 'memory-statistics']);

function looksLikeOom({ message }: CountedRecord): boolean {
  return !VAGUE.has(readKernelLine(message)?.kind);
}
