import type { OomEpisode } from '../../src/oom/episode.ts';
import type { Subject } from '../../src/pods/attribute.ts';
import type { PodEntry } from '../../src/pods/pod-directory.ts';
import type { RecordedEpisode } from '../../src/recorder/recorded-episode.ts';
import { InfluxClient } from '../../src/outputs/influx-client.ts';
import { WebhookClient } from '../../src/outputs/webhook-client.ts';
import { Counters } from '../../src/telemetry/counters.ts';
import type { EpisodeFacts } from '../../src/recorder/episode-facts.ts';
import { LabelCounts } from '../../src/telemetry/label-counts.ts';
import { listMetrics, type MetricsSource } from '../../src/telemetry/metric-list.ts';
import { expose, type Exposition } from '../../src/telemetry/metrics.ts';
import { newTally } from '../../src/tally.ts';

/** 2026-11-21T12:00:00Z. */
export const KILLED_AT_MS = Date.UTC(2026, 10, 21, 12);

/** A pod as the directory has it, with these containers. */
export function podEntry(name: string, containers: readonly string[] = ['app']): PodEntry {
  const uid = `uid-of-${name}`;
  const entries = containers.map((name) => ({ name, list: 'containers', ids: [] }) as const);
  return {
    namespace: 'shop',
    name,
    uid,
    referenceUid: uid,
    cgroupUid: uid,
    containers: entries,
  };
}

/** A recorded kill in the first container of a pod; of the Node where there is none. */
export function recordedKill(pod?: PodEntry, episode: Partial<OomEpisode> = {}): RecordedEpisode {
  const [container] = pod?.containers ?? [];
  const subject: Subject =
    pod === undefined
      ? { kind: 'node' }
      : { kind: 'pod', pod, ...(container !== undefined && { container }) };
  return {
    episode: {
      sequence: 1000,
      lastSequence: 1000,
      monotonicUs: 1,
      atMs: KILLED_AT_MS,
      context: 'full',
      killLines: 1,
      victim: { pid: 4242, comm: 'java' },
      members: [],
      tasks: [],
      ...episode,
    },
    attribution: { subjects: [subject], source: 'kernel', limitLevel: 'container' },
    events: [],
  };
}

/** The facts of a kill. */
export function killFacts(facts: Partial<EpisodeFacts> = {}): EpisodeFacts {
  return {
    atMs: KILLED_AT_MS,
    sequence: 1000,
    namespace: 'shop',
    pod: 'web-0',
    container: 'app',
    reason: 'OOMKilling',
    limitLevel: 'container',
    ...facts,
  };
}

const WEBHOOK = new WebhookClient(
  { url: 'http://hook', taskTables: false },
  { node: { name: 'node-1' }, nowMs: () => KILLED_AT_MS },
);
const INFLUX = new InfluxClient({ version: 1, url: 'http://influx', database: 'oom' });

/** A source with everything there is to show; what a test is about goes on top. */
export function metricsSource(source: Partial<MetricsSource> = {}): MetricsSource {
  return {
    version: '1.2.3',
    runtime: {
      version: 'v24.0.0',
      cpuUsage: () => ({ user: 1_000_000, system: 500_000 }),
      memoryUsage: () => ({ rss: 90e6, heapUsed: 20e6, external: 1e6 }),
      uptime: () => 0,
    },
    counters: new Counters(
      () => [podEntry('web-0')],
      () => KILLED_AT_MS,
      newTally(),
    ),
    nowMs: () => KILLED_AT_MS,
    buffer: () => ({ waiting: 0, capacity: 10 }),
    openFds: () => 30,
    audit: () => ({ counted: 8, beforeStart: 5, recorded: 2, lost: 0, unexplained: 1 }),
    outbox: () => ({ rows: 2, oldestEnteredAtMs: KILLED_AT_MS - 90_000, pendingEpisodes: 1 }),
    watch: () => ({ synced: true, live: false, failures: 4, skipped: 2 }),
    pods: () => [podEntry('web-0')],
    isConfirming: true,
    outputs: [
      { client: INFLUX, counts: new LabelCounts<string>(INFLUX.outcomes), waiting: () => 7 },
      { client: WEBHOOK, counts: new LabelCounts<string>(WEBHOOK.outcomes), waiting: () => 0 },
    ],
    ...source,
  };
}

/** The metrics of such a source. */
export function metricsOf(
  source: Partial<MetricsSource> = {},
  format: 'text' | 'openMetrics' = 'text',
): Exposition {
  return expose(listMetrics(metricsSource(source)), format);
}
