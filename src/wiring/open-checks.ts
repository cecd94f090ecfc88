import { readdirSync, readFileSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import type { Edge } from '../edge.ts';
import { apiServerCheck, clockCheck, nodeCheck, whereAnswered } from '../doctor/api-server.ts';
import { cgroupCheck, killCounterCheck, oomGroupCheck } from '../doctor/cgroups.ts';
import { type Check, check, ok, unknown } from '../doctor/check.ts';
import { influxCheck } from '../doctor/influxdb.ts';
import { kernelLogCheck, ringCheck } from '../doctor/kernel-log.ts';
import { permissionChecks } from '../doctor/permissions.ts';
import { portChecks } from '../doctor/port.ts';
import { ProcessList } from '../doctor/process-list.ts';
import {
  hostProcessesCheck,
  otherRecorderCheck,
  userspaceKillersCheck,
} from '../doctor/processes.ts';
import { tracefsCheck } from '../doctor/tracefs.ts';
import { stateChecks } from '../doctor/state-directory.ts';
import { webhookCheck } from '../doctor/webhook.ts';
import { readBootId } from '../kmsg/boot-id.ts';
import { type LogKind, openKernelLog, probeLog } from '../kmsg/kernel-log.ts';
import { ringBytes } from '../kmsg/ring-bytes.ts';
import type { ApiClient } from '../kube/api-client.ts';
import type { ClusterAccess } from '../kube/cluster-access.ts';
import { cgroupCounters } from '../pods/cgroup-counters.ts';
import { VictimTrace } from '../tracefs/victim-trace.ts';
import type { AgentOptions } from './agent-options.ts';
import { tracefsPlace } from './open-marks.ts';
import { type NodeFiles, type NodeOptions, openNode } from './open-node.ts';
import type { OutputOptions } from './open-outputs.ts';
import { stateDirectory } from './open-store.ts';
import { readLatin1 } from './read-latin1.ts';

/** The node, and the processes that are seen from here. */
export interface CheckedNode extends NodeFiles {
  readonly processes: ProcessList;
}

export function openCheckedNode(options: NodeOptions): CheckedNode {
  const files = openNode(options);
  const pids = (): readonly number[] =>
    readdirSync(options.procRoot).flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  return { ...files, processes: new ProcessList(files.proc, pids) };
}

/** What `run` says itself as it starts: its log, its state and its port. */
export function startChecks(
  options: Omit<AgentOptions, 'output'>,
  isPrinting: boolean,
  { proc, processes }: CheckedNode,
  { onExit }: Pick<Edge, 'onExit'>,
): readonly Check[] {
  const { kmsg, historyMax, source, confirm, listen } = options;
  const tracefs = tracefsPlace(options);
  const open = (): LogKind => {
    const kind = probeLog(kmsg);
    if (kind === 'kernel') openKernelLog(kmsg, onExit).close();
    return kind;
  };
  return [
    ...(source === 'tracefs' ? [] : [kernelLogCheck(kmsg, open, proc)]),
    ...(source === 'tracefs' || confirm !== undefined
      ? [tracefsCheck(tracefs.instance ?? tracefs.root, () => VictimTrace.probe(tracefs, onExit))]
      : []),
    check('boot id', () => ok(readBootId(readLatin1))),
    ...stateChecks(stateDirectory(options, isPrinting), historyMax, processes, proc),
    ...portChecks(listen, processes),
  ];
}

/** What it would notice late or never: on the node. */
export function nodeChecks(
  { cgroupRoot, source }: NodeOptions & Pick<AgentOptions, 'source'>,
  { tree, proc, processes }: CheckedNode,
): readonly Check[] {
  return [
    ...(source === 'tracefs' ? [] : [ringCheck(ringBytes, processes)]),
    hostProcessesCheck(processes),
    otherRecorderCheck(processes),
    userspaceKillersCheck(processes),
    cgroupCheck(cgroupRoot, tree),
    oomGroupCheck(tree, proc),
    killCounterCheck(cgroupCounters(tree, proc)),
  ];
}

/** In the cluster, where there is one. */
export function clusterChecks(
  client: ApiClient | undefined,
  cluster: Pick<ClusterAccess, 'server'> | undefined,
  node: string,
  clock: Clock,
): readonly Check[] {
  if (client === undefined || cluster === undefined) return [NO_CLUSTER];
  return whereAnswered(apiServerCheck(client, cluster.server), [
    ...permissionChecks(client),
    nodeCheck(client, node, () => readBootId(readLatin1)),
    clockCheck(client, clock),
  ]);
}

const NO_CLUSTER = check('API server', () =>
  unknown(
    'no cluster: Events would be printed',
    'in a pod mount its ServiceAccount’s token, elsewhere name one with --kubeconfig',
  ),
);

/** At what else kills are sent to. */
export function outputChecks({
  influxUrl,
  webhookUrl,
  webhookCaFile,
}: OutputOptions): readonly Check[] {
  const readCa =
    webhookCaFile === undefined ? undefined : () => readFileSync(webhookCaFile, 'utf8');
  return [
    influxUrl === undefined ? undefined : influxCheck(influxUrl),
    webhookUrl === undefined ? undefined : webhookCheck(webhookUrl, readCa),
  ].filter((check) => check !== undefined);
}
