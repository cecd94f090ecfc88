import { readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Edge } from '../edge.ts';
import type { ApiClient } from '../kube/api-client.ts';
import { mayGet } from '../kube/token-reviewer.ts';
import type { Logger } from '../logger.ts';
import type { KillAudit } from '../oom/kill-audit.ts';
import type { NodeRef } from '../recorder/build-event.ts';
import type { StateStore } from '../store/state-store.ts';
import type { Tally } from '../tally.ts';
import { accessRules } from '../telemetry/access.ts';
import type { ListenOptions } from '../telemetry/certificate-files.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { RenewedCertificate } from '../telemetry/create-listener.ts';
import { skippedPods, watchProblem } from '../reflector/watch-report.ts';
import { answerEpisodes, type EpisodeSource } from '../telemetry/episode-api.ts';
import { DEFAULT_LISTEN, ListenError } from '../telemetry/listen-address.ts';
import { listMetrics, type MetricsSource } from '../telemetry/metric-list.ts';
import { expose } from '../telemetry/metrics.ts';
import type { PageStatus } from '../telemetry/page-status.ts';
import { readerCheck } from '../telemetry/reader-check.ts';
import { reviewTokens } from '../telemetry/reviewed-tokens.ts';
import { StatusServer, type Check, type StatusPages } from '../telemetry/server.ts';
import { answerPage, type PageSource } from '../telemetry/status-page.ts';
import { VERSION } from '../version.ts';
import type { Source } from './agent-options.ts';
import type { EpisodeOutputs } from './open-outputs.ts';
import type { NodePods } from './open-pods.ts';
import type { LogWatch } from './start-watching.ts';

export interface TelemetryParts {
  /** What is read. */
  readonly source: Source;
  readonly node: NodeRef;
  /** What is spoken TLS with; plain HTTP without one. */
  readonly certificate: RenewedCertificate | undefined;
  /** Asks the API server whose tokens are; none without one. */
  readonly reviews: ApiClient | undefined;
  readonly store: StateStore;
  readonly pods: Pick<NodePods, 'known' | 'watch'>;
  readonly counters: Counters;
  /** None for a saved log. */
  readonly audit: KillAudit | undefined;
  /** Whether the tracepoint is read beside the log. */
  readonly isConfirming: boolean;
  readonly watching: Pick<LogWatch, 'buffer' | 'reader' | 'isReading'>;
  readonly tally: Pick<Tally, 'records'>;
  readonly outputs: Pick<EpisodeOutputs, 'shown'>;
  readonly log: Logger;
}

/**
 * Listens where people and Prometheus look; `undefined` where nobody is to. The usual port may be
 * somebody else's, and kills are recorded all the same; one that was asked for must be had.
 *
 * @throws ListenError
 */
export async function openTelemetry(
  { listen, metricsRequireToken = false }: ListenOptions,
  parts: TelemetryParts,
  edge: Edge,
): Promise<StatusServer | undefined> {
  if (listen === 'none') return undefined;
  const { health, readiness, skipped } = checksOf(parts, edge);
  const { log, node, reviews } = parts;
  const review =
    reviews && reviewTokens((token, wanted) => mayGet(reviews, token, wanted), edge.clock);
  const source = episodeSource(parts, edge);
  const pageSource: PageSource = {
    ...source,
    version: VERSION,
    status: () => statusOf(parts, [...health, ...readiness, skipped]),
  };
  const pages: StatusPages = {
    clock: edge.clock,
    ...metricsOf(parts, edge),
    health,
    readiness,
    page: (params, access) => answerPage(pageSource, params, access),
    admit: accessRules([node.name, hostname()], review),
    metricsNeedToken: metricsRequireToken,
    episodes: (params, access) => answerEpisodes(source, params, access),
    onError: (err) => log.error({ err }, 'the status page could not be shown'),
  };
  const server = StatusServer.listen(listen ?? DEFAULT_LISTEN, pages, parts.certificate);
  return server.catch((err: unknown) => {
    if (listen !== undefined || !(err instanceof ListenError)) throw err;
    log.warn({ err: err.message }, 'no metrics and no health: the usual port cannot be had');
    return undefined;
  });
}

function episodeSource({ node, store, tally }: TelemetryParts, { clock }: Edge): EpisodeSource {
  return { node, clock, ask: (ask) => store.episodes.ask(ask), records: () => tally.records };
}

const SOURCE_WORDS = { kmsg: 'the kernel log', tracefs: 'the tracepoint' } as const;

/** Whether the process must be restarted, whether it can do its work now, and what only the page says. */
function checksOf({ source, watching, store, pods: { watch } }: TelemetryParts, { clock }: Edge) {
  const isOpen: Check = () =>
    watching.isReading() ? undefined : `${SOURCE_WORDS[source]} is not open`;
  const isRead = readerCheck(watching.reader, () => clock.monotonicMs(), SOURCE_WORDS[source]);
  return {
    health: [isOpen, isRead],
    readiness: [
      isOpen,
      () => watch && watchProblem(watch()),
      () => (store.writable ? undefined : 'the state directory cannot be written'),
    ],
    skipped: () => watch && skippedPods(watch()),
  };
}

/** A check may be one of health and one of readiness. */
function statusOf(parts: TelemetryParts, checks: readonly Check[]): PageStatus {
  const { source, store, pods, audit } = parts;
  const problems = checks.map((check) => check()).filter((problem) => problem !== undefined);
  const isPosting = pods.watch !== undefined;
  return {
    problems: [...new Set(problems)],
    fine: [
      `${SOURCE_WORDS[source]} is read`,
      ...(isPosting ? ['the pods of this node are known'] : []),
      'what is recorded is kept',
    ],
    audit: audit && (audit.figures ?? 'unknown'),
    pending: store.episodes.pendingCount(),
  };
}

function metricsOf(parts: TelemetryParts, { runtime, clock }: Edge) {
  const { store, pods, counters, audit, isConfirming, watching, outputs } = parts;
  const source: MetricsSource = {
    version: VERSION,
    runtime,
    openFds: () => readdirSync('/proc/self/fd').length,
    nowMs: () => clock.wallMs(),
    counters,
    isConfirming,
    outputs: outputs.shown,
    buffer: () => watching.buffer,
    ...(audit !== undefined && { audit: () => audit.figures }),
    ...(pods.watch !== undefined && {
      watch: pods.watch,
      pods: pods.known,
      outbox: () => ({ ...store.outbox.waiting(), pendingEpisodes: store.episodes.pendingCount() }),
    }),
  };
  const list = listMetrics(source);
  return { metrics: expose(list, 'text'), openMetrics: expose(list, 'openMetrics') };
}
