import { hostname } from 'node:os';
import type { Edge } from '../edge.ts';
import { RecorderError } from '../errors.ts';

/** RFC 1123 subdomain: what the API server takes as a Node's name. */
const NODE_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** No Node can be called that, so no Event could be about it. */
export class NodeNameError extends RecorderError {
  readonly code = 'E_NODE_NAME';
  readonly retryable = false;
  override readonly isUsage = true;

  constructor(name: string) {
    super(
      `Naming the Node: ${JSON.stringify(name)} is no DNS subdomain (a-z, 0-9, - and .). ` +
        'Give its name as kubectl get nodes shows it: --node-name, or NODE_NAME.',
    );
  }
}

/**
 * The Node that Events are about: the flag, the downward API's variable, or this machine.
 *
 * @throws NodeNameError
 */
export function nodeName(flag: string | undefined, { env }: Edge): string {
  const name = flag ?? env['NODE_NAME'] ?? hostname().toLowerCase();
  if (!NODE_NAME.test(name)) throw new NodeNameError(name);
  return name;
}
