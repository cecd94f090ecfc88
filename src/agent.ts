import type { Observable, SchedulerLike } from 'rxjs';
import type { BoundedBuffer } from './flow/bounded-buffer.ts';
import { countLost, type CountedRecord } from './kmsg/count-lost.ts';
import type { KmsgDevice } from './kmsg/drain-log.ts';
import { parseRecords, type LogItem } from './kmsg/record.ts';
import { startReading, type StartPoint, type StartReport } from './kmsg/start-reading.ts';
import { tallyRecords } from './kmsg/tally-records.ts';
import { tellTime, type RecordClock } from './kmsg/tell-time.ts';
import { assembleEpisodes } from './oom/assemble-episodes.ts';
import type { OomEpisode } from './oom/episode.ts';
import { joinFragments } from './oom/join-fragments.ts';
import { takeEvidence } from './oom/kill-evidence.ts';
import type { Witness } from './oom/look-at-kills.ts';
import type { KillAudit } from './oom/kill-audit.ts';
import type { KillLedger } from './oom/kill-ledger.ts';
import { rejectForged } from './oom/reject-forged.ts';
import type { Tally } from './tally.ts';

/** The stages of the pipe that differ between the agent, `replay` and the tests. */
export interface Stages {
  readonly device: Pick<KmsgDevice, 'reads$' | 'drainNow'>;
  readonly recordClock: RecordClock;
  readonly witness: Witness;
  /** The books of the cgroup counters; none in `replay`. */
  readonly ledger?: KillLedger;
  /** Compares what was read with what the kernel counted; none in `replay`. */
  readonly audit?: KillAudit;
  readonly buffer: BoundedBuffer<OomEpisode>;
  readonly scheduler: SchedulerLike;
  readonly tally: Tally;
  /** Believe records that a process wrote; for tests alone. */
  readonly trustUserspace: boolean;
  readonly start: StartPoint;
  readonly startReport: StartReport;
  /** The last episodes of an earlier process that read as far as `start`, the newest first. */
  readonly recent: readonly OomEpisode[];
  readonly onLost: (record: CountedRecord) => void;
  /** Told of each item behind which no report is open. */
  readonly onIdle: (item: LogItem) => void;
  /** The consumer: whose it was, what to say, and who is told. One episode at a time. */
  readonly record: (episode: OomEpisode) => Promise<void>;
}

/** From the kernel's log to recorded episodes: one record's way, from top to bottom. */
export function recordEpisodes(stages: Stages): Observable<void> {
  const { device, tally, scheduler, ledger, audit, startReport } = stages;
  const drainNow = (): void => device.drainNow();
  const onIdle = (item: LogItem): number | undefined => {
    stages.onIdle(item);
    return item.kind === 'drained' ? audit?.quiet(item.atMs) : undefined;
  };
  let { recent } = stages;
  const away = (lost: number): void => {
    recent = [];
    ledger?.doubt();
    startReport.away(lost);
  };
  const records$ = device.reads$.pipe(
    parseRecords(() => (tally.malformed += 1)),
    tellTime(stages.recordClock),
    countLost(),
    startReading(stages.start, { ...startReport, away }),
    tallyRecords(tally, stages.onLost),
  );
  return records$.pipe(
    rejectForged(tally, stages.trustUserspace),
    joinFragments(),
    takeEvidence(stages.witness, ledger && { ledger, drainNow, scheduler }),
    assembleEpisodes({ drainNow, scheduler, tally, recent: () => recent, onIdle }),
    stages.buffer.drainTo((episode) => stages.record(episode)),
  );
}
