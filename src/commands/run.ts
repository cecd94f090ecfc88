import type { Edge } from '../edge.ts';
import { BootClock } from '../kmsg/boot-clock.ts';
import { readBootId } from '../kmsg/boot-id.ts';
import { openKmsg } from '../kmsg/device.ts';
import { probeLog } from '../kmsg/kernel-log.ts';
import { ApiClient } from '../kube/api-client.ts';
import type { ClusterAccess } from '../kube/cluster-access.ts';
import { NodeIdentity } from '../kube/node-identity.ts';
import { openLog, type Log, type LogFormat, type LogLevel } from '../log.ts';
import { CONTEXT_BURST } from '../oom/context-ratelimit.ts';
import { OomWatcher } from '../oom-watcher.ts';
import type { NodeEvents } from '../pods/node-events.ts';
import type { Start } from '../recorder/decide-start.ts';
import { KubeSink } from '../post/kube-sink.ts';
import { PrintSink, type EventFormat } from '../recorder/print-sink.ts';
import { newTally } from '../tally.ts';
import type { InfluxOptions } from '../telemetry/influx-target.ts';
import type { ListenChoice } from '../telemetry/listen-address.ts';
import { openCounters, saveCounters } from './open-counters.ts';
import { openCounting, survivalBy } from './open-counting.ts';
import { findInflux, openInflux } from './open-influx.ts';
import { openPods } from './open-pods.ts';
import { openRecorder } from './open-recorder.ts';
import { openStore, startOf, type StateOptions } from './open-store.ts';
import { savedBooks } from './saved-books.ts';
import { type ClusterChoice, findCluster } from './find-cluster.ts';
import { openTelemetry } from './open-telemetry.ts';
import { nodeName, podDirectory, readLatin1 } from './surroundings.ts';

export interface RunOptions extends InfluxOptions, StateOptions, ClusterChoice {
  readonly kmsg: string;
  readonly nodeName?: string;
  readonly pods?: string;
  readonly nodeEvents: NodeEvents;
  readonly output: EventFormat;
  readonly procRoot: string;
  readonly cgroupRoot: string;
  readonly listen?: ListenChoice;
  readonly logLevel: LogLevel;
  readonly logFormat?: LogFormat;
  readonly trustUserspaceRecords?: boolean;
}

/** What may take longer than this when the agent ends stays in the outbox. */
const DRAIN_WITHIN_MS = 5_000;
/** Nobody needs to be protected from what is printed: every Event is printed as it is. */
const UNLIMITED = { maxEvents: 1_000_000_000, burstSize: 1_000_000_000 };

/** The agent: watches the kernel log until it is told to stop, or the log ends. */
export async function run(options: RunOptions, edge: Edge): Promise<void> {
  const target = findInflux(options, edge);
  const kind = probeLog(options.kmsg);
  const format = options.logFormat ?? (edge.isTerminal ? 'text' : 'json');
  const log = openLog({ level: options.logLevel, format }, edge.printError);
  const node = new NodeIdentity(nodeName(options.nodeName, edge));
  const listed = podDirectory(options.pods);
  const cluster = findCluster(options, edge);
  const { clock } = edge;
  const nowMs = (): number => clock.wallMs();
  const tally = newTally();
  const counting = kind === 'kernel' ? openCounting(options, tally, log, edge) : undefined;

  await using client = cluster === undefined ? undefined : new ApiClient(cluster);
  using opened = openStore(options, cluster === undefined, log, edge);
  const { store } = opened;
  const { nodeEvents } = options;
  const recordsLost = (): number => tally.lost;
  const bootId = readBootId(readLatin1);
  const origin = { node, bootId };
  using pods = openPods(
    { client, node, listed, nodeEvents, store, bootId, log, recordsLost },
    edge,
  );
  pods.changed$.subscribe((pod) => counting?.notes.note(pod));
  const counters = openCounters(store, pods.known, nowMs, tally);
  const influx = openInflux(target, { store, counters, clock, log });
  const start = startOf(options, kind, bootId, store);
  const books = savedBooks(store, start);
  if (books !== undefined) counting?.ledger.restore(books);
  const recorder = openRecorder(
    {
      store,
      origin,
      start,
      log,
      attributor: pods.attributor,
      nodeEvents,
      survived: survivalBy(counting, clock),
      baselines: () => counting?.ledger.baselines(),
      killsLost: () => counting?.audit.killsLost,
      sink: client === undefined ? printSink(options, edge) : new KubeSink(client),
      correlator: client === undefined ? UNLIMITED : {},
      counters,
      onRecorded: () => influx?.wake(),
    },
    edge,
  );
  let isReading = false;
  const watching = new OomWatcher({
    ...counting,
    openLog: (gate) =>
      openKmsg({
        ...edge,
        path: options.kmsg,
        gate,
        onOpened: () => {
          isReading = true;
          sayWatching(log, options.kmsg, node.name, start, cluster);
        },
      }),
    startPoint: start.point,
    recordClock: new BootClock(clock),
    recent: start.point.at === 'cursor' ? store.episodes.latestOf(bootId, CONTEXT_BURST) : [],
    consumer: () => recorder,
    tally,
    trustUserspace: believeUserspace(options, log),
  }).start(node);
  edge.signal.addEventListener('abort', () => watching.stop(), { once: true });
  // Awaited below; failing before that must not count as nobody's.
  watching.done.catch(() => undefined);
  try {
    await using server = await openTelemetry(
      options.listen,
      {
        node: node.name,
        store,
        pods,
        counters,
        influx,
        log,
        audit: counting?.audit,
        watching,
        isReading: () => isReading,
      },
      edge,
    );
    if (server !== undefined) log.info({ port: server.port }, 'serving metrics and health');
    await watching.done;
    isReading = false;
    await recorder.settled(edge.signal);
  } finally {
    await Promise.all([recorder.stop(DRAIN_WITHIN_MS), influx?.drain(DRAIN_WITHIN_MS)]);
    saveCounters(store, counters, nowMs());
    log.info(store.outbox.waiting(), 'stopped');
  }
}

function printSink({ output }: RunOptions, { print, clock }: Edge): PrintSink {
  return new PrintSink(output, print, () => clock.wallMs());
}

function sayWatching(
  log: Log,
  kmsg: string,
  node: string,
  { point }: Start,
  cluster?: ClusterAccess,
): void {
  const to = cluster === undefined ? 'printing Events' : `posting Events to ${cluster.server}`;
  log.info({ kmsg, node, start: point }, `watching the kernel log for OOM kills, ${to}`);
}

function believeUserspace({ trustUserspaceRecords = false }: RunOptions, log: Log): boolean {
  if (trustUserspaceRecords) log.warn('believing OOM lines that processes wrote to the kernel log');
  return trustUserspaceRecords;
}
