import type { RecordTally } from './kmsg/tally-records.ts';
import type { EpisodeTally } from './oom/assemble-episodes.ts';
import type { MarkTally } from './oom/join-marks.ts';
import type { ForgedTally } from './oom/reject-forged.ts';

/** What was counted since the start. The operators add to it; summaries and metrics read it. */
export interface Tally extends RecordTally, ForgedTally, EpisodeTally, MarkTally {
  /** Reads that were no record. */
  malformed: number;
}

export function newTally(): Tally {
  return {
    records: 0,
    lost: 0,
    malformed: 0,
    forged: 0,
    suppressed: 0,
    callbacksSuppressed: 0,
    episodes: 0,
    killed: 0,
    killLines: 0,
    marksJoined: 0,
    marksAlone: 0,
    marksCounted: 0,
    marksNoKill: 0,
    marksLost: 0,
  };
}
