import type { Meter } from './meter.ts';
import type { MetricsSource } from './metrics-source.ts';

/** What is running here and what it costs, under the names that common dashboards look for. */
export function defineProcessMetrics(meter: Meter, source: MetricsSource): void {
  const { version, nodeVersion, process } = source;
  meter.gauges(
    'oom_recorder_build_info',
    'Always 1; the labels say what is running.',
    ['version', 'node_version'],
    () => [[{ version, node_version: nodeVersion }, 1]],
  );
  meter.counter(
    'process_cpu_seconds_total',
    'User and system CPU time spent, in seconds.',
    () => process().cpuSeconds,
  );
  meter.gauge(
    'process_start_time_seconds',
    'When the process started, in seconds since the epoch.',
    () => process().startTimeSeconds,
  );
  meter.gauge(
    'process_resident_memory_bytes',
    'Resident memory size in bytes.',
    () => process().residentBytes,
  );
  meter.gauge('process_open_fds', 'Open file descriptors.', () => process().openFds);
  meter.gauge(
    'nodejs_heap_size_used_bytes',
    'Heap in use by JavaScript objects, in bytes.',
    () => process().heapUsedBytes,
  );
  meter.gauge(
    'nodejs_external_memory_bytes',
    'Memory of buffers outside the heap, in bytes.',
    () => process().externalBytes,
  );
}
