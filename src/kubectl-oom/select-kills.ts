import type { OomKill } from './oom-kill.ts';

/** Which kills were asked for. */
export interface Wanted {
  /** Absent for all namespaces, and the Nodes. */
  readonly namespace?: string | undefined;
  readonly pod?: string | undefined;
  readonly node?: string | undefined;
  /** ms since the epoch. */
  readonly notBeforeMs?: number | undefined;
}

/** Whether it was asked for. What hurt the Node alone is in no namespace. */
export function isWanted(kill: OomKill, wanted: Wanted): boolean {
  const { namespace, pod, node, notBeforeMs = -Infinity } = wanted;
  if (namespace !== undefined && kill.namespace !== namespace) return false;
  if (pod !== undefined && kill.pod !== pod) return false;
  if (node !== undefined && kill.node !== node) return false;
  return kill.lastMs === undefined || kill.lastMs >= notBeforeMs;
}

/**
 * Leaves out what is told twice: a system-wide OOM has an Event on the Node and one on the Pod it
 * hurt. The Pod's is kept. A combined Event does not say whose kills it stands for, so nothing is left out for it.
 */
export function withoutRepeats(kills: readonly OomKill[]): readonly OomKill[] {
  const onPods = new Set(
    kills.filter(({ pod }) => pod !== undefined).map(({ episode }) => episode),
  );
  return kills.filter(
    ({ pod, episode }) => pod !== undefined || episode === undefined || !onPods.has(episode),
  );
}
