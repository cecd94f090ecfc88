import { asyncScheduler, lastValueFrom, Subject, takeUntil, type SchedulerLike } from 'rxjs';
import { recordEpisodes, type Stages } from './agent.ts';
import { BoundedBuffer } from './flow/bounded-buffer.ts';
import type { ReadGate } from './kmsg/read-gate.ts';
import type { KmsgDevice } from './kmsg/drain-log.ts';
import type { OomEpisode } from './oom/episode.ts';
import type { PodDirectory } from './pods/pod-directory.ts';
import type { NodeRef } from './recorder/build-event.ts';
import { recordEpisode, type RecordedEpisode } from './recorder/recorded-episode.ts';

/** The kubelet's channel of OOM instances holds as many (pkg/kubelet/oom). */
const MAX_WAITING_EPISODES = 10;

export interface OomWatcherOptions extends Pick<
  Stages,
  'recordClock' | 'witness' | 'tally' | 'trustUserspace'
> {
  /** Opens the log; it must ask the gate before every read. */
  readonly openLog: (gate: ReadGate) => KmsgDevice;
  readonly pods: PodDirectory;
  readonly bootId: string;
  /** Told of every episode, one at a time; the next one waits until it is done. */
  readonly deliver: (recorded: RecordedEpisode) => Promise<void>;
  readonly scheduler?: SchedulerLike;
}

/** A watch under way. */
export interface Watching {
  /** Settles when the log ends or the watch is stopped; fails when the log or a delivery does. */
  readonly done: Promise<void>;
  /** Ends the watch at once: what has not been delivered is still in the kernel's ring. */
  stop(): void;
}

/**
 * Watches a kernel log and records every OOM kill in it: the seam at which the agent can be used as
 * a library.
 *
 * @see the kubelet's `oomwatcher.Watcher` in pkg/kubelet/oom: `Start(ref *v1.ObjectReference) error`
 */
export class OomWatcher {
  readonly #options: OomWatcherOptions;

  constructor(options: OomWatcherOptions) {
    this.#options = options;
  }

  /** Begins with the oldest record of the log, on behalf of `node`. */
  start(node: NodeRef): Watching {
    const { openLog, pods, bootId, deliver, scheduler = asyncScheduler, ...stages } = this.#options;
    const buffer = new BoundedBuffer<OomEpisode>(MAX_WAITING_EPISODES);
    const stopped$ = new Subject<void>();
    const recorded$ = recordEpisodes({
      ...stages,
      device: openLog(buffer.gate),
      buffer,
      scheduler,
      record: (episode) => deliver(recordEpisode(episode, pods, { node, bootId })),
    });
    return {
      done: lastValueFrom(recorded$.pipe(takeUntil(stopped$)), { defaultValue: undefined }),
      stop: () => stopped$.next(),
    };
  }
}
