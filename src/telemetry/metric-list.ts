import type { AuditFigures } from '../oom/kill-audit.ts';
import type { ReflectorState } from '../reflector/reflector-step.ts';
import type { KnownPods } from './container-kills.ts';
import type { Counters } from './counters.ts';
import { counter, gauge, type Metric } from './metrics.ts';
import { outputMetrics, type ShownOutput } from './output-metrics.ts';
import { podMetrics } from './pod-metrics.ts';
import { processMetrics, type ProcessSource } from './process-metrics.ts';

/**
 * Where the metrics look when they are scraped, and only then. What an agent does not have (no
 * cluster, no output) has no metrics either.
 */
export interface MetricsSource extends ProcessSource {
  readonly version: string;
  readonly counters: Counters;
  readonly buffer: () => { readonly waiting: number; readonly capacity: number };
  /** Absent for a saved log; `undefined` where the kernel counts nothing, or nothing was compared yet. */
  readonly audit?: () => AuditFigures | undefined;
  /** What waits for the API server, where there is one. */
  readonly outbox?: () => {
    readonly rows: number;
    readonly oldestEnteredAtMs?: number;
    readonly pendingEpisodes: number;
  };
  readonly watch?: () => Pick<ReflectorState, 'synced' | 'live' | 'failures' | 'skipped'>;
  readonly pods?: KnownPods;
  /** Whether the tracepoint `oom:mark_victim` is read beside the log. */
  readonly isConfirming?: boolean;
  readonly outputs: readonly ShownOutput[];
}

/**
 * Every metric of the agent: name, type and help, where its figure comes from, labels. What each
 * means is in docs/metrics.md; a test compares.
 *
 * @see https://prometheus.io/docs/practices/naming/
 */
export function listMetrics(source: MetricsSource): Readonly<Record<string, Metric>> {
  const { counters, audit, isConfirming = false, buffer, outbox, watch, pods, outputs } = source;
  const { runtime, nowMs } = source;
  return {
    container_oom_events_total: counter(
      'OOM kills that hurt a container, one for each OOM decision; container is empty where only the pod is known.',
      () => counters.kills.current(),
      ['namespace', 'pod', 'container'],
    ),
    oom_recorder_episodes_total: counter(
      'OOM decisions of the kernel that were recorded, by whose limit was hit.',
      () => counters.episodes.by('limit_level'),
      ['limit_level'],
    ),
    oom_recorder_killed_processes_total: counter(
      'Processes killed in the recorded OOM decisions, members of a group kill included.',
      () => counters.killed,
    ),
    oom_recorder_suppressed_contexts_total: counter(
      'OOM kills whose context the kernel withheld (rate limit), by what told whose they were.',
      () => counters.suppressed.by('attributed_by'),
      ['attributed_by'],
    ),
    ...(audit && {
      oom_recorder_kernel_oom_kills_total: counter(
        'OOM kills the kernel counted (/proc/vmstat oom_kill) since the audit began.',
        () => {
          const figures = audit();
          return figures && figures.counted - figures.beforeStart;
        },
      ),
      oom_recorder_recorded_oom_kills_total: counter(
        'OOM kills the kernel counted that are in recorded episodes, since the audit began.',
        () => audit()?.recorded,
      ),
      oom_recorder_unexplained_oom_kills: gauge(
        'OOM kills the kernel counted and its log has not told.',
        () => audit()?.unexplained,
      ),
    }),
    ...(isConfirming && {
      oom_recorder_marked_victims_total: counter(
        'Victims of the tracepoint oom:mark_victim, by what the log and the kernel’s counters say of them.',
        () => counters.marks(),
        ['kill'],
      ),
      oom_recorder_marked_victims_lost_total: counter(
        'Victims of the tracepoint that were overwritten before they were read.',
        () => counters.log.marksLost,
      ),
    }),
    oom_recorder_log_records_total: counter(
      'Records read from the kernel log, whoever wrote them.',
      () => counters.log.records,
    ),
    oom_recorder_log_records_lost_total: counter(
      'Records of the kernel log that were overwritten before they were read.',
      () => counters.log.lost,
    ),
    oom_recorder_log_records_malformed_total: counter(
      'Reads of the kernel log that were no record.',
      () => counters.log.malformed,
    ),
    oom_recorder_log_records_forged_total: counter(
      'OOM lines a process wrote to the kernel log; not believed.',
      () => counters.log.forged,
    ),
    oom_recorder_kernel_callbacks_suppressed_total: counter(
      'OOM contexts the kernel itself says it withheld.',
      () => counters.log.callbacksSuppressed,
    ),
    ...(outbox && {
      oom_recorder_pending_overflows_total: counter(
        'Episodes that were attributed by what was known, because too many were pending.',
        () => counters.early,
      ),
      oom_recorder_event_posts_total: counter(
        'Attempts to write an Event to the API server, by outcome.',
        () => counters.posts.by('outcome'),
        ['outcome'],
      ),
      oom_recorder_events_skipped_total: counter(
        'Events that were not let through at once: held until a token returns, capped until the node may write again, or dropped.',
        () => counters.skips.by('reason'),
        ['reason'],
      ),
    }),
    ...outputMetrics(outputs),
    oom_recorder_buffer_episodes: gauge(
      'Episodes that were read and wait to be recorded; at the capacity reading pauses.',
      () => buffer().waiting,
    ),
    oom_recorder_buffer_capacity_episodes: gauge(
      'How many episodes may wait before reading pauses.',
      () => buffer().capacity,
    ),
    ...(outbox && {
      oom_recorder_outbox_events: gauge(
        'Event writes that wait for the API server.',
        () => outbox().rows,
      ),
      oom_recorder_outbox_oldest_age_seconds: gauge(
        'How long the oldest Event write has been waiting; 0 when none is.',
        () => Math.max(0, nowMs() - (outbox().oldestEnteredAtMs ?? Infinity)) / 1000,
      ),
      oom_recorder_pending_episodes: gauge(
        'Episodes that are stored and wait to be attributed.',
        () => outbox().pendingEpisodes,
      ),
    }),
    ...(watch && {
      oom_recorder_pods_synced: gauge(
        'Whether the pods of this node have been listed once (1) or not (0).',
        () => Number(watch().synced),
      ),
      oom_recorder_pods_watch_open: gauge(
        'Whether a watch over the pods of this node is open (1) or not (0).',
        () => Number(watch().live),
      ),
      oom_recorder_pods_watch_failures_total: counter(
        'Lists and watches of pods that failed or broke.',
        () => watch().failures,
      ),
      oom_recorder_pods_skipped: gauge(
        'Pods of the last list, and changes of pods since, that were too large to be read.',
        () => watch().skipped,
      ),
    }),
    ...(pods && podMetrics(pods)),
    oom_recorder_build_info: gauge(
      'Always 1; the labels say what is running.',
      () => [[{ version: source.version, node_version: runtime.version }, 1]],
      ['version', 'node_version'],
    ),
    ...processMetrics(source),
  };
}
