import type { Edge } from '../edge.ts';
import type { ClusterAccess } from '../kube/cluster-access.ts';
import { loadKubeconfig, loadServiceAccount } from '../kube/load-cluster.ts';
import type { Log } from '../log.ts';

export interface ClusterChoice {
  /** A path; true for the one kubectl takes. */
  readonly kubeconfig?: string | true;
  readonly dryRun?: boolean;
}

/**
 * The cluster to post to: the one that was named, else that of the pod we run in; `undefined` where
 * Events are printed. A shell may have a kubeconfig for other reasons: nobody posts by accident.
 *
 * @throws NoClusterError
 */
export function findCluster(
  { kubeconfig, dryRun }: ClusterChoice,
  { env }: Pick<Edge, 'env'>,
  log: Log,
): ClusterAccess | undefined {
  if (dryRun === true) return undefined;
  if (kubeconfig !== undefined) return loadKubeconfig(kubeconfig, env);
  const cluster = loadServiceAccount(env);
  if (cluster === undefined && env['KUBECONFIG'] !== undefined)
    log.info('KUBECONFIG is not used: --kubeconfig posts Events to its cluster');
  return cluster;
}
