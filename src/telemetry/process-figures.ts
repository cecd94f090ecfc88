/** What of a process's figures is shown; the names are those every Prometheus client library uses. */
export interface ProcessFigures {
  readonly cpuSeconds: number;
  readonly startTimeSeconds: number;
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly externalBytes: number;
  readonly openFds: number;
}

/** The part of Node's `process` that knows them. */
export interface ProcessLike {
  cpuUsage(): { readonly user: number; readonly system: number };
  memoryUsage(): { readonly rss: number; readonly heapUsed: number; readonly external: number };
  uptime(): number;
}

/**
 * Reads the figures on demand. prom-client's `collectDefaultMetrics` would start a histogram of the
 * event loop's delay, which wakes the process a hundred times a second for as long as it lives.
 *
 * @param countFds entries of `/proc/self/fd`
 */
export function processFigures(
  process: ProcessLike,
  nowMs: () => number,
  countFds: () => number,
): () => ProcessFigures {
  const startTimeSeconds = nowMs() / 1000 - process.uptime();
  return () => {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed, external } = process.memoryUsage();
    return {
      cpuSeconds: (user + system) / 1e6,
      startTimeSeconds,
      residentBytes: rss,
      heapUsedBytes: heapUsed,
      externalBytes: external,
      openFds: countFds(),
    };
  };
}
