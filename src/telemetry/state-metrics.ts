import type { Meter } from './meter.ts';
import type { MetricsSource } from './metrics-source.ts';

/** How things stand: the buffer, the outbox, the watch. */
export function defineStateMetrics(meter: Meter, source: MetricsSource): void {
  defineBufferMetrics(meter, source);
  defineOutboxMetrics(meter, source);
  defineWatchMetrics(meter, source);
}

function defineBufferMetrics(meter: Meter, { buffer }: MetricsSource): void {
  meter.gauge(
    'oom_recorder_buffer_episodes',
    'Episodes that were read and wait to be recorded; at the capacity reading pauses.',
    () => buffer().waiting,
  );
  meter.gauge(
    'oom_recorder_buffer_capacity_episodes',
    'How many episodes may wait before reading pauses.',
    () => buffer().capacity,
  );
}

function defineOutboxMetrics(meter: Meter, { outbox, nowMs }: MetricsSource): void {
  if (outbox === undefined) return;
  meter.gauge(
    'oom_recorder_outbox_events',
    'Event writes that wait for the API server.',
    () => outbox().rows,
  );
  meter.gauge(
    'oom_recorder_outbox_oldest_age_seconds',
    'How long the oldest Event write has been waiting; 0 when none is.',
    () => ageSeconds(outbox().oldestEnteredAtMs, nowMs()),
  );
  meter.gauge(
    'oom_recorder_pending_episodes',
    'Episodes that are stored and wait to be attributed.',
    () => outbox().pendingEpisodes,
  );
}

function defineWatchMetrics(meter: Meter, { watch }: MetricsSource): void {
  if (watch === undefined) return;
  meter.gauge(
    'oom_recorder_pods_synced',
    'Whether the pods of this node have been listed once (1) or not (0).',
    () => Number(watch().synced),
  );
  meter.gauge(
    'oom_recorder_pods_watch_open',
    'Whether a watch over the pods of this node is open (1) or not (0).',
    () => Number(watch().live),
  );
  meter.counter(
    'oom_recorder_pods_watch_failures_total',
    'Lists and watches of pods that failed or broke.',
    () => watch().failures,
  );
  meter.gauge(
    'oom_recorder_pods_skipped',
    'Pods of the last list, and changes of pods since, that were too large to be read.',
    () => watch().skipped,
  );
}

/** A clock that was set back makes nothing younger than now. */
function ageSeconds(sinceMs: number | undefined, nowMs: number): number {
  return sinceMs === undefined ? 0 : Math.max(0, (nowMs - sinceMs) / 1000);
}
