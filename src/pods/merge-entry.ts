import type { ContainerEntry, PodEntry } from './pod-directory.ts';

/**
 * How many IDs of one container are remembered. The status names two; a container in a crash loop
 * goes through one in 10 s at first, and a kill is looked up within seconds of it.
 */
const MAX_IDS = 8;

/**
 * The newer version of a pod, with the container IDs only the older one knew: the status names the
 * current and the last container, but the record of a kill may be older than two restarts.
 */
export function mergeEntry(newer: PodEntry, older: PodEntry | undefined): PodEntry {
  if (older === undefined) return newer;
  const containers = newer.containers.map((container) => {
    const before = older.containers.find((other) => isSameContainer(container, other));
    if (before === undefined) return container;
    const ids = [...new Set([...container.ids, ...before.ids])].slice(0, MAX_IDS);
    return { ...container, ids };
  });
  return { ...newer, containers };
}

/** Most updates of a Pod (conditions, managed fields) change nothing we keep. */
export function isSameEntry(one: PodEntry, other: PodEntry | undefined): boolean {
  return other !== undefined && JSON.stringify(one) === JSON.stringify(other);
}

function isSameContainer(one: ContainerEntry, other: ContainerEntry): boolean {
  return one.name === other.name && one.list === other.list;
}
