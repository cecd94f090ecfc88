import type { Edge } from '../edge.ts';
import type { ClusterAccess } from '../kube/cluster-access.ts';
import { loadCluster, NoClusterError } from '../kube/load-cluster.ts';

export interface ClusterChoice {
  readonly kubeconfig?: string;
  readonly dryRun?: boolean;
}

/** The cluster to post to; `undefined` where there is none, but never where one was asked for. */
export function findCluster(
  { kubeconfig, dryRun }: ClusterChoice,
  { env }: Pick<Edge, 'env'>,
): ClusterAccess | undefined {
  if (dryRun === true) return undefined;
  try {
    return loadCluster({ kubeconfig, env });
  } catch (error) {
    const isAsked = kubeconfig !== undefined || env['KUBECONFIG'] !== undefined;
    if (error instanceof NoClusterError && !isAsked) return undefined;
    throw error;
  }
}
