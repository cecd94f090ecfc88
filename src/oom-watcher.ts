import { asyncScheduler, tap, type SchedulerLike } from 'rxjs';
import { BoundedBuffer } from './flow/bounded-buffer.ts';
import { countLost, type CountedRecord } from './kmsg/count-lost.ts';
import type { KmsgDevice } from './kmsg/drain-log.ts';
import type { ReadGate } from './kmsg/read-gate.ts';
import { parseRecords } from './kmsg/parse-records.ts';
import type { LogItem } from './kmsg/record.ts';
import { type StartPoint, startReading, type StartReport } from './kmsg/start-reading.ts';
import { tallyRecords } from './kmsg/tally-records.ts';
import { type RecordClock, tellTime } from './kmsg/tell-time.ts';
import { assembleEpisodes } from './oom/assemble-episodes.ts';
import type { OomEpisode } from './oom/episode.ts';
import { joinFragments } from './oom/join-fragments.ts';
import type { MarkJoin } from './oom/join-marks.ts';
import type { KillAudit } from './oom/kill-audit.ts';
import { takeEvidence } from './oom/kill-evidence.ts';
import type { KillLedger } from './oom/kill-ledger.ts';
import { mayBeKernelLine } from './oom/may-be-kernel-line.ts';
import { NO_EVIDENCE, type EvidenceFinder } from './oom/look-at-kills.ts';
import { rejectForged } from './oom/reject-forged.ts';
import type { NodeRef } from './recorder/build-event.ts';
import type { Tally } from './tally.ts';
import { watchOf, type Watching } from './watching.ts';

/** Who is told what a watch finds. */
export interface EpisodeConsumer extends StartReport {
  /** Nothing is left to be done of the records up to this one: recorded, of no kill, or left out. */
  passed?(sequence: number): void;
  /** Records an episode; the next one waits until it is done, and reading stops when ten do. */
  record(episode: OomEpisode): Promise<void>;
  /** The ring dropped records before this one could be read. */
  lost?(record: CountedRecord): void;
}

export interface OomWatcherOptions {
  /** Opens the log; it must ask the gate before every read. */
  readonly openLog: (gate: ReadGate) => KmsgDevice;
  readonly recordClock: RecordClock;
  /** Where in the log to begin; with the oldest record unless told. */
  readonly startPoint?: StartPoint;
  /** The last episodes before a cursor that `startPoint` is, the newest first: their lines may come late. */
  readonly recent?: readonly OomEpisode[];
  /** Who is asked about a kill as its line is read; of a saved log nobody. */
  readonly evidence?: EvidenceFinder;
  /** Follows the cgroup counters; of a saved log there are none. */
  readonly ledger?: KillLedger;
  /** Holds the tracepoint's victims against the kill lines, where it is read. */
  readonly marks?: Pick<MarkJoin, 'follow'> | undefined;
  /** Compares what was read with what the kernel counted; not in a saved log. */
  readonly audit?: KillAudit;
  readonly tally: Tally;
  /** Believe records that a process wrote; for tests alone. */
  readonly trustUserspace: boolean;
  /** Who records what happens on that node. */
  readonly consumer: (node: NodeRef) => EpisodeConsumer;
  readonly scheduler?: SchedulerLike;
}

/** The kubelet's channel of OOM instances holds as many (pkg/kubelet/oom). */
export const MAX_WAITING_EPISODES = 10;
const OLDEST: StartPoint = { at: 'oldest' };

/**
 * Watches a kernel log for OOM kills: the seam at which the agent can be used as a library.
 *
 * @see the kubelet's `oomwatcher.Watcher` in pkg/kubelet/oom: `Start(ref *v1.ObjectReference) error`
 */
export class OomWatcher {
  readonly #options: OomWatcherOptions;

  constructor(options: OomWatcherOptions) {
    this.#options = options;
  }

  /**
   * Watches on behalf of `node`, until the log ends or it is stopped: one record's way, from the
   * kernel's log to a recorded episode, from top to bottom.
   */
  start(node: NodeRef): Watching {
    const { evidence = NO_EVIDENCE, ledger, marks, audit, tally } = this.#options;
    const { startPoint = OLDEST, scheduler = asyncScheduler } = this.#options;
    let { recent = [] } = this.#options;
    const consumer = this.#options.consumer(node);
    const buffer = new BoundedBuffer<OomEpisode>(MAX_WAITING_EPISODES);
    const device = this.#options.openLog(buffer.gate);
    const drainNow = (): void => device.drainNow();
    const onAway = (lost: number): void => {
      recent = [];
      ledger?.invalidate();
      consumer.away?.(lost);
    };
    const onIdle = (item: LogItem): number | undefined => {
      if (item.kind === 'drained') return audit?.quiet(item.atMs);
      if (buffer.isIdle) consumer.passed?.(item.sequence);
      return undefined;
    };
    const watch = watchOf(device, buffer);

    const records$ = watch.reads$.pipe(
      parseRecords(() => (tally.malformed += 1), mayBeKernelLine),
      tellTime(this.#options.recordClock),
      countLost(),
      startReading(startPoint, {
        away: onAway,
        caughtUp: (sequence) => consumer.caughtUp?.(sequence),
      }),
      tallyRecords(tally, (record) => consumer.lost?.(record)),
    );
    const recorded$ = records$.pipe(
      rejectForged(tally, this.#options.trustUserspace),
      joinFragments(),
      tap((item) => marks?.follow(item)),
      takeEvidence(evidence, ledger && { ledger, drainNow, scheduler }),
      assembleEpisodes({ drainNow, scheduler, tally, recent: () => recent, onIdle }),
      buffer.drainTo((episode) => consumer.record(episode)),
    );

    return watch.until(recorded$);
  }
}
