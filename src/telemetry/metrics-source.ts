import type { Counters } from './counters.ts';
import type { ProcessFigures } from './process-figures.ts';

/** The kernel's own count of kills against ours, since the audit began. */
export interface AuditFigures {
  /** By `/proc/vmstat oom_kill`. */
  readonly kernelKills: number;
  /** Kill lines of the kernel log that are in recorded episodes. */
  readonly recordedKills: number;
  /** Kills the kernel counted and its log never told, confirmed by a second look. */
  readonly unexplainedKills: number;
}

export interface OutboxFigures {
  /** Writes that wait for the API server. */
  readonly rows: number;
  /** When the oldest of them entered, ms since the epoch; absent when there is none. */
  readonly oldestEnteredAtMs?: number;
  /** Episodes whose attribution waits. */
  readonly pendingEpisodes: number;
}

/** The reflector's state has it. */
export interface WatchFigures {
  readonly synced: boolean;
  readonly live: boolean;
  readonly failures: number;
  readonly skipped: number;
}

export interface BufferFigures {
  readonly waiting: number;
  readonly capacity: number;
}

/**
 * Where the metrics look when they are scraped, and only then. What an agent does not have (no
 * cluster, no InfluxDB) has no metrics either.
 */
export interface MetricsSource {
  readonly version: string;
  readonly nodeVersion: string;
  readonly counters: Counters;
  readonly nowMs: () => number;
  readonly buffer: () => BufferFigures;
  readonly process: () => ProcessFigures;
  /** Absent for a saved log; `undefined` where the kernel counts nothing, or nothing was compared yet. */
  readonly audit?: () => AuditFigures | undefined;
  /** What waits for the API server, where there is one. */
  readonly outbox?: () => OutboxFigures;
  readonly watch?: () => WatchFigures;
  /** Points that wait for InfluxDB. */
  readonly influxPending?: () => number;
}
