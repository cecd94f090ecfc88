import { join } from 'node:path';
import type { ControlPlane, Identity } from '../../hack/control-plane/control-plane.ts';
import { ensureNamespace } from './cluster-objects.ts';

const MANIFESTS = join(import.meta.dirname, '../../manifests/base');
const NAMESPACE = 'oom-recorder';
const FILES = ['service-account', 'cluster-role', 'cluster-role-binding'];

/** The agent's ServiceAccount, with the rights of `manifests/base` and no others. */
export async function agentIdentity(cluster: ControlPlane): Promise<Identity> {
  await ensureNamespace(cluster, NAMESPACE);
  for (const file of FILES) {
    await cluster.kubectl(['apply', '-n', NAMESPACE, '-f', join(MANIFESTS, `${file}.yaml`)]);
  }
  return cluster.tokenFor(NAMESPACE, 'oom-recorder');
}
