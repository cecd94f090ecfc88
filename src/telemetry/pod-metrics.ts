import type { PodEntry } from '../pods/pod-directory.ts';
import type { KnownPods } from './container-kills.ts';
import { gauge, type Metric } from './metrics.ts';

/**
 * What a kill's labels are joined with: who made the Pod, and its containers' limits. In metrics of
 * their own, since a label that changes with a rollout or a resize would begin each counter anew.
 */
export function podMetrics(knownPods: KnownPods): Readonly<Record<string, Metric>> {
  return {
    oom_recorder_pod_owner: gauge(
      'Always 1; the labels say who made the Pod, which is the Pod itself where nobody did.',
      () => newestOfEachName(knownPods()).map((pod) => [ownerLabels(pod), 1]),
      ['namespace', 'pod', 'owner_kind', 'owner_name'],
    ),
    oom_recorder_container_memory_limit_bytes: gauge(
      'The memory limit of a container that has one.',
      () => newestOfEachName(knownPods()).flatMap(limitsOf),
      ['namespace', 'pod', 'container'],
    ),
  };
}

/** A StatefulSet's Pod may be known as it was and as it is: a name has one sample, the living one's. */
function newestOfEachName(pods: Iterable<PodEntry> = []): readonly PodEntry[] {
  const byName = new Map<string, PodEntry>();
  for (const pod of pods) {
    const key = `${pod.namespace}/${pod.name}`;
    const other = byName.get(key);
    if (other === undefined || goneAtMs(other) < goneAtMs(pod)) byName.set(key, pod);
  }
  return [...byName.values()];
}

function goneAtMs({ deletedAtMs = Infinity }: PodEntry): number {
  return deletedAtMs;
}

function ownerLabels({ namespace, name, owner = { kind: 'Pod', name } }: PodEntry) {
  return { namespace, pod: name, owner_kind: owner.kind, owner_name: owner.name };
}

function limitsOf({ namespace, name: pod, containers }: PodEntry) {
  return containers.flatMap(({ name: container, limitBytes }) =>
    limitBytes === undefined ? [] : [[{ namespace, pod, container }, limitBytes] as const],
  );
}
