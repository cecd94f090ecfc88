import { asyncScheduler, lastValueFrom, Subject, takeUntil, tap, type SchedulerLike } from 'rxjs';
import { recordEpisodes, type Stages } from './agent.ts';
import { BoundedBuffer } from './flow/bounded-buffer.ts';
import type { CountedRecord } from './kmsg/count-lost.ts';
import type { KmsgDevice } from './kmsg/drain-log.ts';
import type { ReadGate } from './kmsg/read-gate.ts';
import type { StartPoint } from './kmsg/start-reading.ts';
import type { OomEpisode } from './oom/episode.ts';
import { NO_WITNESS, type Witness } from './oom/look-at-kills.ts';
import type { NodeRef } from './recorder/build-event.ts';

/** The kubelet's channel of OOM instances holds as many (pkg/kubelet/oom). */
const MAX_WAITING_EPISODES = 10;

/** Who is told what a watch finds. */
export interface EpisodeConsumer {
  /** Records an episode; the next one waits until it is done, and reading stops when ten do. */
  record(episode: OomEpisode): Promise<void>;
  /** Every episode up to this record has been recorded, and no report is open. */
  passed?(sequence: number): void;
  /** This was the last record the log held at the start. */
  caughtUp?(sequence: number): void;
  /** The ring dropped records before this one could be read. */
  lost?(record: CountedRecord): void;
  /** So many went unread between the cursor and the first record there is. */
  away?(lost: number): void;
}

export interface OomWatcherOptions extends Pick<
  Stages,
  'recordClock' | 'ledger' | 'audit' | 'tally' | 'trustUserspace'
> {
  /** Who is asked about a kill as its line is read; of a saved log nobody. */
  readonly witness?: Witness;
  /** Opens the log; it must ask the gate before every read. */
  readonly openLog: (gate: ReadGate) => KmsgDevice;
  /** Where in the log to begin; with the oldest record unless told. */
  readonly startPoint?: StartPoint;
  /** The last episodes before a cursor that `startPoint` is, the newest first: their lines may come late. */
  readonly recent?: readonly OomEpisode[];
  /** Who records what happens on that node. */
  readonly consumer: (node: NodeRef) => EpisodeConsumer;
  readonly scheduler?: SchedulerLike;
}

/** A watch under way. */
export interface Watching {
  /** Episodes that wait for the consumer, and how many may. */
  readonly buffer: { readonly waiting: number; readonly capacity: number };
  /** Whether it turns over: reads that returned, and how to ask for one more. */
  readonly reader: { readonly reads: number; nudge(): void };
  /** Settles when the log ends or the watch is stopped; fails when the log or the consumer does. */
  readonly done: Promise<void>;
  /** Ends the watch at once: what has not been recorded is still in the kernel's ring. */
  stop(): void;
}

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

  /** Watches on behalf of `node`, until the log ends or it is stopped. */
  start(node: NodeRef): Watching {
    const { openLog, startPoint = OLDEST, consumer: consumerOf, ...stages } = this.#options;
    const consumer = consumerOf(node);
    const buffer = new BoundedBuffer<OomEpisode>(MAX_WAITING_EPISODES);
    const device = openLog(buffer.gate);
    let reads = 0;
    const stopped$ = new Subject<void>();
    const recorded$ = recordEpisodes({
      scheduler: asyncScheduler,
      witness: NO_WITNESS,
      recent: [],
      ...stages,
      device: { ...device, reads$: device.reads$.pipe(tap(() => (reads += 1))) },
      buffer,
      start: startPoint,
      startReport: {
        away: (lost) => consumer.away?.(lost),
        skipped: (sequence) => consumer.passed?.(sequence),
        caughtUp: (sequence) => consumer.caughtUp?.(sequence),
      },
      onLost: (record) => consumer.lost?.(record),
      onIdle: (item) => {
        if (item.kind === 'record' && buffer.isIdle) consumer.passed?.(item.sequence);
      },
      record: (episode) => consumer.record(episode),
    });
    return {
      buffer,
      reader: {
        get reads() {
          return reads;
        },
        nudge: () => device.nudge(),
      },
      done: lastValueFrom(recorded$.pipe(takeUntil(stopped$)), { defaultValue: undefined }),
      stop: () => stopped$.next(),
    };
  }
}

const OLDEST: StartPoint = { at: 'oldest' };
