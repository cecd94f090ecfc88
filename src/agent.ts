import type { Observable, SchedulerLike } from 'rxjs';
import type { BoundedBuffer } from './flow/bounded-buffer.ts';
import { countLost } from './kmsg/count-lost.ts';
import type { KmsgDevice } from './kmsg/drain-log.ts';
import { parseRecords } from './kmsg/record.ts';
import { tellTime, type RecordClock } from './kmsg/tell-time.ts';
import { assembleEpisodes } from './oom/assemble-episodes.ts';
import type { OomEpisode } from './oom/episode.ts';
import { joinFragments } from './oom/join-fragments.ts';
import { takeEvidence, type Witness } from './oom/kill-evidence.ts';
import { rejectForged } from './oom/reject-forged.ts';
import type { Tally } from './tally.ts';

/** The stages of the pipe that differ between the agent, `replay` and the tests. */
export interface Stages {
  readonly device: KmsgDevice;
  readonly recordClock: RecordClock;
  readonly witness: Witness;
  readonly buffer: BoundedBuffer<OomEpisode>;
  readonly scheduler: SchedulerLike;
  readonly tally: Tally;
  /** Believe records that a process wrote; for tests alone. */
  readonly trustUserspace: boolean;
  /** The consumer: whose it was, what to say, and who is told. One episode at a time. */
  readonly record: (episode: OomEpisode) => Promise<void>;
}

/** From the kernel's log to recorded episodes: one record's way, from top to bottom. */
export function recordEpisodes(stages: Stages): Observable<void> {
  const { device, tally } = stages;
  return device.reads$.pipe(
    parseRecords(() => (tally.malformed += 1)),
    tellTime(stages.recordClock),
    countLost(tally),
    rejectForged(tally, stages.trustUserspace),
    joinFragments(),
    takeEvidence(stages.witness),
    assembleEpisodes({ drainNow: () => device.drainNow(), scheduler: stages.scheduler, tally }),
    stages.buffer.drainTo((episode) => stages.record(episode)),
  );
}
