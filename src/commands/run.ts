import { readFileSync } from 'node:fs';
import type { Edge } from '../edge.ts';
import { BootClock } from '../kmsg/boot-clock.ts';
import { readBootId } from '../kmsg/boot-id.ts';
import { openKmsg } from '../kmsg/device.ts';
import { ApiClient } from '../kube/api-client.ts';
import type { ClusterAccess } from '../kube/cluster-access.ts';
import { loadCluster, NoClusterError } from '../kube/load-cluster.ts';
import { openLog, type Log, type LogFormat, type LogLevel } from '../log.ts';
import { ProcWitness } from '../oom/proc-witness.ts';
import { OomWatcher } from '../oom-watcher.ts';
import { KubeSink } from '../recorder/kube-sink.ts';
import { PrintSink, type EventFormat } from '../recorder/print-sink.ts';
import type { RecordedEpisode } from '../recorder/recorded-episode.ts';
import type { EventSink } from '../recorder/sink.ts';
import { newTally } from '../tally.ts';
import { nodeName, podDirectory } from './surroundings.ts';

export interface RunOptions {
  readonly kmsg: string;
  readonly nodeName?: string;
  readonly kubeconfig?: string;
  readonly dryRun?: boolean;
  readonly pods?: string;
  readonly output: EventFormat;
  readonly procRoot: string;
  readonly logLevel: LogLevel;
  readonly logFormat?: LogFormat;
  readonly trustUserspaceRecords?: boolean;
}

/** The agent: watches the kernel log until it is told to stop, or the log ends. */
export async function run(options: RunOptions, edge: Edge): Promise<void> {
  const format = options.logFormat ?? (edge.isTerminal ? 'text' : 'json');
  const log = openLog({ level: options.logLevel, format }, edge.printError);
  const pods = podDirectory(options.pods);
  const cluster = options.dryRun === true ? undefined : findCluster(options, edge);
  await using client = cluster === undefined ? undefined : new ApiClient(cluster);
  const sink = client === undefined ? printSink(options, edge) : new KubeSink(client.coreV1);
  const node = nodeName(options.nodeName, edge);
  const watching = new OomWatcher({
    openLog: (gate) =>
      openKmsg({
        ...edge,
        path: options.kmsg,
        gate,
        onOpened: () => sayWatching(log, options.kmsg, node, cluster),
      }),
    recordClock: new BootClock(edge.clock),
    witness: new ProcWitness(options.procRoot, readLatin1),
    pods,
    bootId: readBootId(readLatin1),
    deliver: (recorded) => deliver(recorded, sink, log),
    tally: newTally(),
    trustUserspace: believeUserspace(options, log),
  }).start({ name: node });
  edge.signal.addEventListener('abort', () => watching.stop(), { once: true });
  await watching.done;
  log.info('stopped');
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

function sayWatching(log: Log, kmsg: string, node: string, cluster?: ClusterAccess): void {
  const to = cluster === undefined ? 'printing Events' : `posting Events to ${cluster.server}`;
  log.info({ kmsg, node }, `watching the kernel log for OOM kills, ${to}`);
}

function believeUserspace({ trustUserspaceRecords = false }: RunOptions, log: Log): boolean {
  if (trustUserspaceRecords) log.warn('believing OOM lines that processes wrote to the kernel log');
  return trustUserspaceRecords;
}

async function deliver(recorded: RecordedEpisode, sink: EventSink, log: Log): Promise<void> {
  logEpisode(recorded, log);
  for (const event of recorded.events) {
    try {
      await sink.create(event);
    } catch (err) {
      log.error({ err, event: event.metadata.name }, 'event not posted');
    }
  }
}

/** One line per episode. Its field names are documented: alerts in Loki are built on them. */
function logEpisode({ episode, attribution, events }: RecordedEpisode, log: Log): void {
  const pod = attribution.subjects.find((subject) => subject.kind === 'pod');
  log.info(
    {
      sequence: episode.sequence,
      namespace: pod?.pod.namespace,
      pod: pod?.pod.name,
      container: pod?.container?.name,
      podUid: attribution.owner?.podUid,
      containerId: attribution.owner?.containerId,
      limitLevel: attribution.limitLevel,
      limitKb: episode.limitKb,
      oomMemcg: episode.oomMemcg,
      taskMemcg: attribution.cgroup,
      victimPid: episode.victim.pid,
      victimComm: episode.victim.comm,
      killed: 1 + episode.members.length,
      context: episode.context,
      events: events.map(({ metadata }) => metadata.name),
    },
    'oom kill recorded',
  );
}

function readLatin1(path: string): string {
  return readFileSync(path, 'latin1');
}
