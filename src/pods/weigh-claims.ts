import type { PodEntry } from './pod-directory.ts';

/**
 * Which of the pods that say they are a static pod's mirror is it; `undefined` where nobody can tell.
 *
 * Whoever may create pods may write a mirror's annotations, but only the kubelet writes a pod's
 * status, and only for a mirror of the name and namespace of its static pod. So the one whose status
 * has the container is it. Without such a one the only one that lives is, if it has a status. A mirror
 * that was made anew, under the same name, is the same pod.
 */
export function weighClaims(
  claims: readonly PodEntry[],
  containerId: string | undefined,
): PodEntry | undefined {
  const living = claims.filter(({ deletedAtMs }) => deletedAtMs === undefined);
  const livingFirst = [...living, ...claims.filter((pod) => !living.includes(pod))];
  const holders = livingFirst.filter((pod) => idsOf(pod).some((id) => id === containerId));
  if (holders.length > 0) return ifOne(holders);
  const found = ifOne(living.length > 0 ? living : claims);
  const isRun = claims.some((pod) => isSamePod(pod, found) && idsOf(pod).length > 0);
  return isRun ? found : undefined;
}

/** The IDs of a pod's containers, as its status had them. */
function idsOf({ containers }: PodEntry): readonly string[] {
  return containers.flatMap(({ ids }) => ids);
}

function ifOne([first, ...others]: readonly PodEntry[]): PodEntry | undefined {
  return others.every((other) => isSamePod(other, first)) ? first : undefined;
}

function isSamePod({ namespace, name }: PodEntry, other: PodEntry | undefined): boolean {
  return namespace === other?.namespace && name === other.name;
}
