import { accessSync, constants } from 'node:fs';
import { isIPv6 } from 'node:net';
import { delimiter, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { RecorderError } from '../errors.ts';
import { ClusterAccess } from './cluster-access.ts';

export interface ClusterSource {
  /** `--kubeconfig`. */
  readonly kubeconfig?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the kubelet mounts the service account, unless told otherwise. */
  readonly serviceAccountDir?: string;
}

/** @see https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ */
const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

/** No cluster to talk to: none was found, or the one that was named cannot be used. */
export class NoClusterError extends RecorderError {
  readonly code = 'E_NO_CLUSTER';
  readonly retryable = false;
}

/**
 * Finds the cluster in controller-runtime's order (`config.GetConfig`): the flag, `KUBECONFIG`,
 * the service account of the pod we run in, `~/.kube/config`.
 *
 * @throws {NoClusterError} saying what to do about it.
 */
export function loadCluster(source: ClusterSource): ClusterAccess {
  const { kubeconfig, env } = source;
  if (kubeconfig !== undefined) return fromFiles([kubeconfig]);

  const named = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  if (named.length > 0) return fromFiles(named);

  const inCluster = fromServiceAccount(source);
  if (inCluster !== undefined) return inCluster;

  const own = join(env['HOME'] ?? '/', '.kube', 'config');
  if (isReadable(own)) return fromFiles([own]);

  throw new NoClusterError(
    'find a cluster: not in a pod with a service account (KUBERNETES_SERVICE_HOST and its token), and no kubeconfig; ' +
      `name one with --kubeconfig or KUBECONFIG, or put it at ${own}`,
  );
}

function fromServiceAccount({ env, serviceAccountDir }: ClusterSource): ClusterAccess | undefined {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const dir = serviceAccountDir ?? SERVICE_ACCOUNT_DIR;
  const tokenFile = join(dir, 'token');
  if (host === undefined || host === '' || !isReadable(tokenFile)) return undefined;

  const authority = `${isIPv6(host) ? `[${host}]` : host}:${env['KUBERNETES_SERVICE_PORT'] ?? '443'}`;
  const name = 'in-cluster';
  const access = new ClusterAccess();
  access.loadFromOptions({
    clusters: [
      { name, server: `https://${authority}`, caFile: join(dir, 'ca.crt'), skipTLSVerify: false },
    ],
    users: [{ name, authProvider: { name: 'tokenFile', config: { tokenFile } } }],
    contexts: [{ name, cluster: name, user: name }],
    currentContext: name,
  });
  return access;
}

/** Several files are merged as kubectl does it: the first to set a thing wins. */
function fromFiles(files: readonly string[]): ClusterAccess {
  const access = new ClusterAccess();
  const doing = `read the kubeconfig ${files.join(', ')}`;
  try {
    for (const [position, file] of files.entries()) mergeFile(access, file, position);
  } catch (err) {
    throw new NoClusterError(`${doing}; check the file named by --kubeconfig or KUBECONFIG`, err);
  }
  if (!/^https?:/.test(access.server)) {
    throw new NoClusterError(
      `${doing}: its current context names no cluster with an https:// URL; choose one with kubectl config use-context`,
    );
  }
  return access;
}

function mergeFile(access: ClusterAccess, file: string, position: number): void {
  if (position === 0) {
    access.loadFromFile(file);
    return;
  }
  const next = new KubeConfig();
  next.loadFromFile(file);
  access.mergeConfig(next, access.getCurrentContext() !== undefined);
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
