import { accessSync, constants, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { delimiter, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { fileProblem, RecorderError } from '../errors.ts';
import { ClusterAccess } from './cluster-access.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** @see https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ */
const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The cluster that was named cannot be used. */
export class NoClusterError extends RecorderError {
  readonly code = 'E_NO_CLUSTER';
  readonly retryable = false;
  override readonly isUsage = true;
}

/**
 * The cluster of a kubeconfig: the file that is named, or those kubectl takes, `KUBECONFIG` and
 * `~/.kube/config`.
 *
 * @param context another than the current one
 * @throws {NoClusterError} saying what to do about it.
 */
export function loadKubeconfig(path: string | true, env: Env, context?: string): ClusterAccess {
  if (path !== true) return fromFiles([path], context);
  const named = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  const files = named.length > 0 ? named : [join(env['HOME'] ?? '/', '.kube', 'config')];
  return fromFiles(files, context);
}

/**
 * The cluster of the pod we run in, `undefined` outside of one (client-go's `rest.InClusterConfig`).
 *
 * @param dir where the kubelet mounts the service account, unless told otherwise
 */
export function loadServiceAccount(
  env: Env,
  dir: string = SERVICE_ACCOUNT_DIR,
): ClusterAccess | undefined {
  const host = env['KUBERNETES_SERVICE_HOST'];
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
function fromFiles(files: readonly string[], context: string | undefined): ClusterAccess {
  const access = new ClusterAccess();
  for (const [position, file] of files.entries()) {
    const next = position === 0 ? access : new KubeConfig();
    load(next, file);
    if (next !== access) access.mergeConfig(next, access.getCurrentContext() !== undefined);
  }
  if (context !== undefined) choose(access, context, files);
  if (!/^https?:/.test(access.server)) {
    throw new NoClusterError(
      `Reading the kubeconfig ${files.join(', ')}: its current context names no cluster with an https:// URL. ` +
        'Choose one with kubectl config use-context.',
    );
  }
  return access;
}

function choose(access: KubeConfig, context: string, files: readonly string[]): void {
  if (access.getContextObject(context) === null) {
    throw new NoClusterError(
      `Reading the kubeconfig ${files.join(', ')}: it has no context ${context}. ` +
        'kubectl config get-contexts names those it has.',
    );
  }
  access.setCurrentContext(context);
}

/** What is in a file that is none may be a secret: why it is none is not quoted. */
function load(config: KubeConfig, file: string): void {
  const refuse = (why: string, cause?: unknown): NoClusterError =>
    new NoClusterError(
      `Reading the kubeconfig ${file}: ${why}. Name another with --kubeconfig.`,
      cause,
    );
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw refuse(fileProblem(cause), cause);
  }
  if (text.trim() === '') throw refuse('it is empty');
  try {
    config.loadFromFile(file);
  } catch (cause) {
    throw refuse('it is no kubeconfig, neither YAML nor JSON', cause);
  }
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
