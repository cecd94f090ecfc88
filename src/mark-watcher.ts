import { asyncScheduler, type SchedulerLike } from 'rxjs';
import type { Time } from './clock.ts';
import { BoundedBuffer } from './flow/bounded-buffer.ts';
import type { ReadGate } from './kmsg/read-gate.ts';
import { assembleMarks } from './oom/assemble-marks.ts';
import type { CgroupEventCounters } from './oom/cgroup-events.ts';
import type { OomEpisode } from './oom/episode.ts';
import type { KillAudit } from './oom/kill-audit.ts';
import type { VictimFinder } from './oom/seen-mark.ts';
import { MAX_WAITING_EPISODES, type EpisodeConsumer } from './oom-watcher.ts';
import type { Tally } from './tally.ts';
import type { VictimDevice } from './tracefs/victim-device.ts';
import { watchOf, type Watching } from './watching.ts';

export interface MarkWatcherOptions {
  /** Opens the tracepoint; it must ask the gate before every read. */
  readonly openVictims: (gate: ReadGate) => VictimDevice;
  /** Prove which marks were kills. */
  readonly counters: CgroupEventCounters;
  /** Looks at whom a mark names. */
  readonly finder: VictimFinder;
  /** Compares what was told with what the kernel counted. */
  readonly audit?: KillAudit | undefined;
  readonly clock: Time;
  readonly tally: Tally;
  readonly consumer: Pick<EpisodeConsumer, 'record'>;
  readonly scheduler?: SchedulerLike;
}

/**
 * Watches the tracepoint `oom:mark_victim` instead of the log: one mark's way, from the kernel to a recorded episode.
 * What comes behind the buffer is the same as of the log's.
 */
export function watchMarks(options: MarkWatcherOptions): Watching {
  const { audit, tally, consumer, scheduler = asyncScheduler } = options;
  const buffer = new BoundedBuffer<OomEpisode>(MAX_WAITING_EPISODES);
  const device = options.openVictims(buffer.gate);
  const watch = watchOf(device, buffer);

  const recorded$ = watch.reads$.pipe(
    assembleMarks({
      ...options,
      drainNow: () => device.drainNow(),
      scheduler,
      tally,
      onIdle: ({ atMs }) => audit?.quiet(atMs),
    }),
    buffer.drainTo((episode) => consumer.record(episode)),
  );
  return watch.until(recorded$);
}
