import { join } from 'node:path';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';

const MANIFESTS = join(import.meta.dirname, '../../manifests/base');
const NAMESPACE = 'oom-recorder';
const FILES = ['service-account', 'cluster-role', 'cluster-role-binding'];

/** A token of the agent's ServiceAccount, with the rights of `manifests/base` and no others. */
export async function agentToken(cluster: ControlPlane): Promise<string> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  await cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(namespace) });
  for (const file of FILES) {
    await cluster.kubectl(['apply', '-n', NAMESPACE, '-f', join(MANIFESTS, `${file}.yaml`)]);
  }
  return (await cluster.tokenFor(NAMESPACE, 'oom-recorder')).token;
}
