import type { Edge } from '../edge.ts';
import { readBootId } from '../kmsg/boot-id.ts';
import { type LogKind, probeLog } from '../kmsg/kernel-log.ts';
import type { ClusterAccess } from '../kube/cluster-access.ts';
import { NodeIdentity } from '../kube/node-identity.ts';
import { type LogFormat, type LogLevel, openLog } from '../log.ts';
import type { Logger } from '../logger.ts';
import type { NodeEvents } from '../recorder/attributor.ts';
import type { NamespaceChoice } from '../pods/posted-namespaces.ts';
import type { PodDirectory } from '../pods/pod-directory.ts';
import type { EpisodeClient } from '../outputs/episode-output.ts';
import type { EventFormat } from '../outputs/event-printer.ts';
import type { ListenOptions } from '../telemetry/certificate-files.ts';
import type { RenewedCertificate } from '../telemetry/create-listener.ts';
import { findCertificate } from './find-certificate.ts';
import { type ClusterChoice, findCluster } from './find-cluster.ts';
import { nodeName } from './node-name.ts';
import type { ConfirmOptions } from './open-marks.ts';
import type { NodeOptions } from './open-node.ts';
import { findOutputs, type OutputOptions } from './open-outputs.ts';
import { listedPods } from './open-pods.ts';
import type { StateOptions } from './open-store.ts';
import { readLatin1 } from './read-latin1.ts';

export const SOURCES = ['kmsg', 'tracefs'] as const;
export type Source = (typeof SOURCES)[number];

/** What the agent's flags and variables say. */
export interface AgentOptions
  extends
    OutputOptions,
    StateOptions,
    ClusterChoice,
    NodeOptions,
    ConfirmOptions,
    NamespaceChoice,
    ListenOptions {
  /** What tells of kills: the kernel's log, or the tracepoint `oom:mark_victim` alone. */
  readonly source: Source;
  readonly kmsg: string;
  readonly nodeName?: string;
  readonly pods?: string;
  readonly nodeEvents: NodeEvents;
  readonly maxEventsPerMinute?: number;
  readonly output: EventFormat;
  readonly logLevel: LogLevel;
  readonly logFormat?: LogFormat;
  readonly trustUserspaceRecords?: boolean;
}

/** What they lead to: where the agent is, and with whom it speaks. */
export interface AgentSetup {
  readonly log: Logger;
  /** Of the log; `kernel` as well where it is not read. */
  readonly kind: LogKind;
  readonly bootId: string;
  readonly node: NodeIdentity;
  readonly listed: PodDirectory;
  /** Absent where Events are printed. */
  readonly cluster: ClusterAccess | undefined;
  /** What the port speaks TLS with; plain HTTP without one. */
  readonly certificate: RenewedCertificate | undefined;
  /** Where episodes go besides. */
  readonly outputs: readonly EpisodeClient[];
}

/** Everything that can be wrong with the options is said before anything is opened. @throws RecorderError */
export function readOptions(options: AgentOptions, edge: Edge): AgentSetup {
  const node = new NodeIdentity(nodeName(options.nodeName, edge));
  const outputs = findOutputs(options, node, edge);
  const format = options.logFormat ?? (edge.isTerminal ? 'text' : 'json');
  const log = openLog({ level: options.logLevel, format }, edge.printError);
  const certificate = findCertificate(options, log);
  const kind = options.source === 'kmsg' ? probeLog(options.kmsg) : 'kernel';
  return {
    outputs,
    kind,
    log,
    node,
    listed: listedPods(options.pods),
    cluster: findCluster(options, edge, log),
    certificate,
    bootId: readBootId(readLatin1),
  };
}
