import { map, type OperatorFunction } from 'rxjs';
import type { CountedRecord } from '../kmsg/count-lost.ts';
import type { Drained } from '../kmsg/record.ts';
import type { KillEvidence } from './episode.ts';
import { readKernelLine } from './kernel-lines.ts';

/** Where the evidence step looks: `/proc` in the agent, nothing in `replay`. */
export interface Witness {
  /** What can be said of process `pid` right now; it is dying and gone within milliseconds. */
  testify(pid: number, comm: string): KillEvidence | undefined;
}

/** A record, and, on a kill line, what was found out the moment it was read. */
export type WitnessedRecord = CountedRecord & { readonly evidence?: KillEvidence };

/**
 * Takes down whose a kill was while it can still be seen, in case the kernel withholds the context.
 * Only for records read as they were written: a pid in an old record may be somebody else by now.
 */
export function takeEvidence(
  witness: Witness,
): OperatorFunction<CountedRecord | Drained, WitnessedRecord | Drained> {
  return map((item) => {
    if (item.kind === 'drained' || !item.live) return item;
    const line = readKernelLine(item.message);
    if (line?.kind !== 'kill') return item;
    const evidence = witness.testify(line.process.pid, line.process.comm);
    return evidence === undefined ? item : { ...item, evidence };
  });
}
