import { counter, gauge, type Metric } from './metrics.ts';

/** The part of Node's `process` that is shown. */
export interface ProcessLike {
  readonly version: string;
  cpuUsage(): { readonly user: number; readonly system: number };
  memoryUsage(): { readonly rss: number; readonly heapUsed: number; readonly external: number };
  uptime(): number;
}

/** Where the process's own metrics look. */
export interface ProcessSource {
  readonly runtime: ProcessLike;
  /** Entries of `/proc/self/fd`. */
  readonly openFds: () => number;
  readonly nowMs: () => number;
}

/**
 * The process's own metrics have the names that common dashboards look for. prom-client's
 * `collectDefaultMetrics` has them too, and a histogram of the event loop's delay, which wakes the
 * process a hundred times a second for as long as it lives.
 */
export function processMetrics({
  runtime,
  openFds,
  nowMs,
}: ProcessSource): Readonly<Record<string, Metric>> {
  const startTimeSeconds = nowMs() / 1000 - runtime.uptime();
  return {
    process_cpu_seconds_total: counter('User and system CPU time spent, in seconds.', () => {
      const { user, system } = runtime.cpuUsage();
      return (user + system) / 1e6;
    }),
    process_start_time_seconds: gauge(
      'When the process started, in seconds since the epoch.',
      () => startTimeSeconds,
    ),
    process_resident_memory_bytes: gauge(
      'Resident memory size in bytes.',
      () => runtime.memoryUsage().rss,
    ),
    process_open_fds: gauge('Open file descriptors.', openFds),
    nodejs_heap_size_used_bytes: gauge(
      'Heap in use by JavaScript objects, in bytes.',
      () => runtime.memoryUsage().heapUsed,
    ),
    nodejs_external_memory_bytes: gauge(
      'Memory of buffers outside the heap, in bytes.',
      () => runtime.memoryUsage().external,
    ),
  };
}
