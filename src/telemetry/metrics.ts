import { Registry } from 'prom-client';
import type { LabelCounts } from './label-counts.ts';
import { Meter } from './meter.ts';
import type { MetricsSource } from './metrics-source.ts';
import { defineProcessMetrics } from './process-metrics.ts';
import { defineStateMetrics } from './state-metrics.ts';

/**
 * The agent's metrics in Prometheus' text format. A registry of its own, no defaults, nothing runs
 * between two scrapes. Every metric is in docs/metrics.md; a test compares.
 *
 * @see https://prometheus.io/docs/practices/naming/
 */
export class Metrics {
  readonly #registry = new Registry();

  constructor(source: MetricsSource) {
    const meter = new Meter(this.#registry);
    defineKillMetrics(meter, source);
    defineLogMetrics(meter, source);
    defineEventMetrics(meter, source);
    defineInfluxMetrics(meter, source);
    defineStateMetrics(meter, source);
    defineProcessMetrics(meter, source);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  render(): Promise<string> {
    return this.#registry.metrics();
  }
}

function defineKillMetrics(meter: Meter, { counters, audit }: MetricsSource): void {
  meter.counters(
    'container_oom_events_total',
    'OOM kills that hurt a container, one for each OOM decision; container is empty where only the pod is known.',
    ['namespace', 'pod', 'container'],
    () => [...counters.kills.current()].map(({ count, ...labels }) => [labels, count]),
  );
  meter.counters(
    'oom_recorder_episodes_total',
    'OOM decisions of the kernel that were recorded, by whose limit was hit.',
    ['limit_level'],
    () => labelled('limit_level', counters.episodes),
  );
  meter.counter(
    'oom_recorder_killed_processes_total',
    'Processes killed in the recorded OOM decisions, members of a group kill included.',
    () => counters.killed,
  );
  meter.counters(
    'oom_recorder_suppressed_contexts_total',
    'OOM kills whose context the kernel withheld (rate limit), by what told whose they were.',
    ['attributed_by'],
    () => labelled('attributed_by', counters.suppressed),
  );
  if (audit === undefined) return;
  meter.counter(
    'oom_recorder_kernel_oom_kills_total',
    'OOM kills the kernel counted (/proc/vmstat oom_kill) since the audit began.',
    () => audit()?.kernelKills,
  );
  meter.counter(
    'oom_recorder_recorded_oom_kills_total',
    'OOM kills the kernel counted that are in recorded episodes, since the audit began.',
    () => audit()?.recordedKills,
  );
  meter.gauge(
    'oom_recorder_unexplained_oom_kills',
    'OOM kills the kernel counted and its log has not told.',
    () => audit()?.unexplainedKills,
  );
}

function defineLogMetrics(meter: Meter, { counters }: MetricsSource): void {
  meter.counter(
    'oom_recorder_log_records_total',
    'Records read from the kernel log, whoever wrote them.',
    () => counters.log.records,
  );
  meter.counter(
    'oom_recorder_log_records_lost_total',
    'Records of the kernel log that were overwritten before they were read.',
    () => counters.log.lost,
  );
  meter.counter(
    'oom_recorder_log_records_malformed_total',
    'Reads of the kernel log that were no record.',
    () => counters.log.malformed,
  );
  meter.counter(
    'oom_recorder_log_records_forged_total',
    'OOM lines a process wrote to the kernel log; not believed.',
    () => counters.log.forged,
  );
  meter.counter(
    'oom_recorder_kernel_callbacks_suppressed_total',
    'OOM contexts the kernel itself says it withheld.',
    () => counters.log.callbacksSuppressed,
  );
}

function defineEventMetrics(meter: Meter, { counters, outbox }: MetricsSource): void {
  if (outbox === undefined) return;
  meter.counter(
    'oom_recorder_pending_overflows_total',
    'Episodes that were attributed by what was known, because too many were pending.',
    () => counters.early,
  );
  meter.counters(
    'oom_recorder_event_posts_total',
    'Attempts to write an Event to the API server, by outcome.',
    ['outcome'],
    () => labelled('outcome', counters.posts),
  );
  meter.counters(
    'oom_recorder_events_skipped_total',
    'Events the spam filter did not let through at once: held until a token returns, or dropped.',
    ['reason'],
    () => labelled('reason', counters.skips),
  );
}

function defineInfluxMetrics(meter: Meter, { counters, influxPending }: MetricsSource): void {
  if (influxPending === undefined) return;
  meter.counters(
    'oom_recorder_influx_points_total',
    'Points on their way to InfluxDB, by outcome; a retried one counts again each time.',
    ['outcome'],
    () => labelled('outcome', counters.points),
  );
  meter.gauge(
    'oom_recorder_influx_pending_points',
    'Points that wait for InfluxDB.',
    influxPending,
  );
}

function labelled<L extends string>(
  name: L,
  counts: LabelCounts<string>,
): (readonly [Readonly<Record<L, string>>, number])[] {
  return [...counts.entries()].map(([value, count]) => [
    { [name]: value } as Record<L, string>,
    count,
  ]);
}
