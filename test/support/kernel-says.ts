import type { KmsgRecord } from '../../src/kmsg/record.ts';
import type { KillEvidence } from '../../src/oom/episode.ts';

/** A line as it stands in the log, or a message with what is unusual about it. */
export type Said =
  | string
  | {
      readonly message: string;
      /** ms after the record before it. */
      readonly afterMs?: number;
      /** Records missing before it. */
      readonly lost?: number;
      readonly flag?: string;
      readonly facility?: number;
      readonly caller?: string;
      /** Where the victim of a kill line was seen alive, or where a counter moved. */
      readonly seenIn?: string;
      readonly countedIn?: string;
    };

/** Long after boot: a clock that begins at 0 proves nothing. */
const BOOT_US = 1_000_000_000;

/** Kernel records with these messages, numbered from 1, without time passing between them. */
export function kernelSays(
  ...lines: readonly Said[]
): readonly (KmsgRecord & { readonly evidence?: KillEvidence })[] {
  let sequence = 0;
  let monotonicUs = BOOT_US;
  return lines.map((line) => {
    const said = typeof line === 'string' ? { message: line } : line;
    sequence += 1 + (said.lost ?? 0);
    monotonicUs += (said.afterMs ?? 0) * 1000;
    return {
      kind: 'record',
      facility: said.facility ?? 0,
      priority: 3,
      sequence,
      monotonicUs,
      flag: said.flag ?? '-',
      ...(said.caller !== undefined && { caller: said.caller }),
      message: said.message,
      readAtMs: 0,
      live: true,
      ...evidenceOf(said),
    };
  });
}

function evidenceOf({ seenIn, countedIn }: Exclude<Said, string>): { evidence?: KillEvidence } {
  if (seenIn !== undefined) return { evidence: { cgroup: seenIn, source: 'proc' } };
  if (countedIn === undefined) return {};
  return { evidence: { cgroup: countedIn, source: 'pod-counter' } };
}
