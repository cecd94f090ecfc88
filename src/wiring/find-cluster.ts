import type { Edge } from '../edge.ts';
import type { ClusterAccess } from '../kube/cluster-access.ts';
import { loadKubeconfig, loadServiceAccount } from '../kube/load-cluster.ts';
import type { Logger } from '../logger.ts';

export interface ClusterChoice {
  /** A path; true for the one kubectl takes. */
  readonly kubeconfig?: string | true;
  readonly dryRun?: boolean;
  /** A file of pods, for where there is no cluster. */
  readonly pods?: string;
}

/**
 * The cluster to post to: the one that was named, else that of the pod we run in; `undefined` where
 * Events are printed. A shell may have a kubeconfig for other reasons: nobody posts by accident.
 *
 * @throws NoClusterError
 */
export function findCluster(
  { kubeconfig, dryRun, pods }: ClusterChoice,
  { env }: Pick<Edge, 'env'>,
  log: Logger,
): ClusterAccess | undefined {
  if (dryRun === true) return undefined;
  const cluster =
    kubeconfig === undefined ? loadServiceAccount(env) : loadKubeconfig(kubeconfig, env);
  if (cluster !== undefined && pods !== undefined)
    log.warn(
      { pods },
      '--pods is not used: the cluster tells its own; --dry-run prints with these',
    );
  if (cluster === undefined && env['KUBECONFIG'] !== undefined)
    log.info({}, 'KUBECONFIG is not used: --kubeconfig posts Events to its cluster');
  return cluster;
}
