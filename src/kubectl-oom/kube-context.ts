import { RecorderError } from '../errors.ts';
import type { ClusterAccess } from '../kube/cluster-access.ts';
import { loadKubeconfig, NoClusterError } from '../kube/load-cluster.ts';

/** Which cluster, and where in it, as the flags of kubectl say. */
export interface ContextChoice {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
}

/** There is no cluster to ask, and none was named. */
class NoContextError extends RecorderError {
  readonly code = 'E_NO_CLUSTER';
  readonly retryable = false;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The cluster kubectl would take, and the namespace that is asked about; none where it is all of them.
 *
 * @throws {NoClusterError} where `--kubeconfig` or `--context` name none: wrong usage
 * @throws {NoContextError} where nobody named one, and there is none
 */
export function openContext(choice: ContextChoice, env: Env) {
  const access = load(choice, env);
  const current = access.getContextObject(access.getCurrentContext());
  const namespace = choice.namespace || current?.namespace || 'default';
  return { access, namespace: choice.allNamespaces === true ? undefined : namespace };
}

function load({ kubeconfig, context }: ContextChoice, env: Env): ClusterAccess {
  try {
    return loadKubeconfig(kubeconfig ?? true, env, context);
  } catch (err) {
    const wasNamed = kubeconfig !== undefined || context !== undefined;
    if (!(err instanceof NoClusterError) || wasNamed) throw err;
    throw new NoContextError(err.message, err);
  }
}
