import type { V1DaemonSet, V1EnvVar, V1Secret } from '@kubernetes/client-node';
import { vi } from 'vitest';
import { type CliRun, runFake } from './fake-edge.ts';

const SECRETS = /^\/etc\/oom-recorder\/\w+(?=\/)/;

/** A rendered object; all that tells one from another. */
export interface RenderedObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/**
 * Starts the agent as a rendered DaemonSet would, on a machine without a kernel log: whatever its arguments
 * and variables are worth is said before that one is missed.
 *
 * @param directory stands for each volume of a Secret
 */
export async function runDaemonSet(
  objects: readonly RenderedObject[],
  directory: string,
): Promise<CliRun> {
  const [container] = daemonSetOf(objects).spec?.template.spec?.containers ?? [];
  const variables = (container?.env ?? []).flatMap((variable) => {
    const value = valueOf(variable, objects)?.replace(SECRETS, directory);
    return value === undefined ? [] : [[variable.name, value] as const];
  });
  const args = [...(container?.args ?? []), '--kmsg=nowhere', '--listen=none'];
  try {
    for (const [name, value] of variables) vi.stubEnv(name, value); // where commander looks
    return await runFake(args, { env: Object.fromEntries(variables) });
  } finally {
    vi.unstubAllEnvs();
  }
}

export function daemonSetOf(objects: readonly RenderedObject[]): V1DaemonSet {
  return find(objects, 'DaemonSet', 'oom-recorder');
}

function valueOf(
  { value, valueFrom }: V1EnvVar,
  objects: readonly RenderedObject[],
): string | undefined {
  if (value !== undefined) return value;
  const reference = valueFrom?.secretKeyRef;
  if (reference === undefined) return 'node-1'; // the downward API's
  const secret = find(objects, 'Secret', reference.name ?? '') as V1Secret;
  const text = secret.data?.[reference.key];
  if (text === undefined && reference.optional !== true)
    throw new Error(`no ${reference.key} in Secret ${reference.name}`);
  return text && Buffer.from(text, 'base64').toString();
}

function find(objects: readonly RenderedObject[], kind: string, name: string): RenderedObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name} was rendered`);
  return found;
}
