import { readFileSync } from 'node:fs';
import type { Edge } from '../edge.ts';
import { BootClock } from '../kmsg/boot-clock.ts';
import { readBootId } from '../kmsg/boot-id.ts';
import { openKmsg } from '../kmsg/device.ts';
import { kindOfLog } from '../kmsg/kernel-log.ts';
import { ApiClient } from '../kube/api-client.ts';
import type { ClusterAccess } from '../kube/cluster-access.ts';
import { loadCluster, NoClusterError } from '../kube/load-cluster.ts';
import { openLog, type Log, type LogFormat, type LogLevel } from '../log.ts';
import { ProcWitness } from '../oom/proc-witness.ts';
import { OomWatcher } from '../oom-watcher.ts';
import { attributeBy } from '../recorder/attributor.ts';
import { decideStart, type Start, type StartAt } from '../recorder/decide-start.ts';
import { KubeSink } from '../recorder/kube-sink.ts';
import { PrintSink, type EventFormat } from '../recorder/print-sink.ts';
import { StateStore } from '../store/state-store.ts';
import { newTally } from '../tally.ts';
import { openRecorder } from './open-recorder.ts';
import { nodeName, podDirectory } from './surroundings.ts';

export interface RunOptions {
  readonly kmsg: string;
  readonly nodeName?: string;
  readonly kubeconfig?: string;
  readonly dryRun?: boolean;
  readonly pods?: string;
  readonly output: EventFormat;
  readonly procRoot: string;
  readonly stateDir?: string;
  readonly startAt?: StartAt;
  readonly historyMax: number;
  readonly logLevel: LogLevel;
  readonly logFormat?: LogFormat;
  readonly trustUserspaceRecords?: boolean;
}

/** What may take longer than this when the agent ends stays in the outbox. */
const DRAIN_WITHIN_MS = 5_000;

/** The agent: watches the kernel log until it is told to stop, or the log ends. */
export async function run(options: RunOptions, edge: Edge): Promise<void> {
  const format = options.logFormat ?? (edge.isTerminal ? 'text' : 'json');
  const log = openLog({ level: options.logLevel, format }, edge.printError);
  const pods = podDirectory(options.pods);
  const cluster = options.dryRun === true ? undefined : findCluster(options, edge);
  await using client = cluster === undefined ? undefined : new ApiClient(cluster);
  const sink = client === undefined ? printSink(options, edge) : new KubeSink(client.coreV1);
  const origin = {
    node: { name: nodeName(options.nodeName, edge) },
    bootId: readBootId(readLatin1),
  };
  using store = openStore(options, edge, log);
  const start = startOf(options, origin.bootId, store);
  const recorder = openRecorder(
    { store, sink, origin, start, log, attributor: attributeBy(pods) },
    edge,
  );
  const watching = new OomWatcher({
    openLog: (gate) =>
      openKmsg({
        ...edge,
        path: options.kmsg,
        gate,
        onOpened: () => sayWatching(log, options.kmsg, origin.node.name, start, cluster),
      }),
    startPoint: start.point,
    recordClock: new BootClock(edge.clock),
    witness: new ProcWitness(options.procRoot, readLatin1),
    consumer: recorder,
    tally: newTally(),
    trustUserspace: believeUserspace(options, log),
  }).start();
  edge.signal.addEventListener('abort', () => watching.stop(), { once: true });
  try {
    await watching.done;
    await recorder.settled(edge.signal);
  } finally {
    await recorder.stop(DRAIN_WITHIN_MS);
    log.info(store.outbox.waiting(), 'stopped');
  }
}

function openStore({ stateDir, historyMax }: RunOptions, { clock }: Edge, log: Log): StateStore {
  return new StateStore({ directory: stateDir, historyMax, log, nowMs: () => clock.wallMs() });
}

function startOf(options: RunOptions, bootId: string, store: StateStore): Start {
  const { kmsg, stateDir, startAt = stateDir === undefined ? 'now' : 'boot' } = options;
  const isSavedLog = kindOfLog(kmsg) === 'saved';
  return decideStart({ cursor: store.cursor.read(), bootId, startAt, isSavedLog });
}

/** The cluster to post to; `undefined` where there is none, but never where one was asked for. */
function findCluster({ kubeconfig }: RunOptions, { env }: Edge): ClusterAccess | undefined {
  try {
    return loadCluster({ kubeconfig, env });
  } catch (error) {
    const isAsked = kubeconfig !== undefined || env['KUBECONFIG'] !== undefined;
    if (error instanceof NoClusterError && !isAsked) return undefined;
    throw error;
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

function readLatin1(path: string): string {
  return readFileSync(path, 'latin1');
}
