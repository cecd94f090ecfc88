import type { Edge } from '../edge.ts';
import { formatResults, type ResultFormat } from '../doctor/format-results.ts';
import { runChecks } from '../doctor/run-checks.ts';
import { RecorderError } from '../errors.ts';
import { ApiClient } from '../kube/api-client.ts';
import { openLog } from '../log.ts';
import type { AgentOptions } from '../wiring/agent-options.ts';
import { findCertificate } from '../wiring/find-certificate.ts';
import { findCluster } from '../wiring/find-cluster.ts';
import { nodeName } from '../wiring/node-name.ts';
import {
  clusterChecks,
  nodeChecks,
  openCheckedNode,
  outputChecks,
  startChecks,
} from '../wiring/open-checks.ts';
import { listedPods } from '../wiring/open-pods.ts';
import { findOutputs } from '../wiring/open-outputs.ts';

export interface DoctorOptions extends Omit<AgentOptions, 'output'> {
  readonly output: ResultFormat;
}

/** `run` would do without something, or not at all. */
export class NotReadyError extends RecorderError {
  readonly code = 'E_NOT_READY';
  readonly retryable = false;

  constructor(failed: number, checks: number) {
    super(
      `Checking what oom-recorder run needs: ${failed} of ${checks} checks failed. ` +
        'Do what stands behind each →',
    );
  }
}

/** Somebody waits for it: less than the limit of a check, so that the server's silence is told as such. */
const TIMEOUTS = { connectMs: 3_000, requestMs: 4_000 };

/**
 * Checks everything `run` needs under the same flags, and says how to mend what is missing. Wrong usage
 * is said as `run` says it.
 *
 * @throws NotReadyError where a check failed
 */
export async function doctor(options: DoctorOptions, edge: Edge): Promise<void> {
  const log = openLog({ level: 'info', format: 'text' }, edge.printError);
  const node = nodeName(options.nodeName, edge);
  findOutputs(options, { name: node }, edge);
  listedPods(options.pods);
  findCertificate(options, log);
  const cluster = findCluster(options, edge, log);
  await using client = cluster === undefined ? undefined : new ApiClient(cluster, TIMEOUTS);
  const checked = openCheckedNode(options);
  const checks = [
    ...startChecks(options, cluster === undefined, checked, edge),
    ...nodeChecks(options, checked),
    ...clusterChecks(client, cluster, node, edge.clock),
    ...outputChecks(options),
  ];
  const results = await runChecks(checks, edge.clock);
  edge.print(formatResults(results, options.output));
  const failed = results.filter(({ status }) => status === 'failed').length;
  if (failed > 0) throw new NotReadyError(failed, checks.length);
}
