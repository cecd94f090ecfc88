import { field, items, text, timeMs } from '../kube/loose-json.ts';
import { memoryQuantity } from './memory-quantity.ts';
import type { ContainerEntry, PodEntry, PodOwner, Termination } from './pod-directory.ts';
import { podOwner } from './pod-owner.ts';
import { withoutAbsent } from '../without-absent.ts';

/** pkg/kubelet/types/pod_update.go `ConfigHashAnnotationKey`: the static pod's UID on its node. */
const CONFIG_HASH = 'kubernetes.io/config.hash';
/** pkg/kubelet/types/pod_update.go `ConfigMirrorAnnotationKey`: marks the mirror of a static pod. */
const CONFIG_MIRROR = 'kubernetes.io/config.mirror';

/** The three lists of containers and where each one's statuses are. Sidecars are init containers. */
const LISTS = [
  { list: 'containers', statuses: 'containerStatuses' },
  { list: 'initContainers', statuses: 'initContainerStatuses' },
  { list: 'ephemeralContainers', statuses: 'ephemeralContainerStatuses' },
] as const;

/**
 * The longest name Kubernetes gives, a DNS subdomain. Of owners and annotations the API server asks no
 * length: what is longer is none of a kubelet or a controller, and is left out.
 */
const MAX_NAME_CHARS = 253;
/**
 * As many as an entry keeps, about 100 bytes each. A Pod may have 20,000; nobody runs more than this, and of one
 * that claims to the Pod alone is named.
 */
const MAX_CONTAINERS = 100;

/** `containerd://`, `docker://`, `cri-o://`: pkg/kubelet/container ContainerID.String(). */
const RUNTIME_PREFIX = /^[a-z0-9.+-]+:\/\//i;

/**
 * Keeps of a Pod what attribution needs: about 1 KB of 8, and no more than 30 of whatever is in it. Anything
 * but a Pod gives `undefined`, a field of the wrong shape is left out; it never throws.
 *
 * Only a mirror takes its cgroup UID from an annotation. Anyone may put `config.hash` on an ordinary
 * pod, where the kubelet pays no heed to it, and neither must we: it could name another's cgroup.
 */
export function toPodEntry(pod: unknown): PodEntry | undefined {
  const [namespace, name, uid] = [
    text(pod, 'metadata', 'namespace'),
    text(pod, 'metadata', 'name'),
    text(pod, 'metadata', 'uid'),
  ];
  if (namespace === undefined || name === undefined || uid === undefined) return undefined;
  const annotations = field(pod, 'metadata', 'annotations');
  const mirror = shortText(annotations, CONFIG_MIRROR);
  return {
    namespace,
    name,
    uid,
    referenceUid: mirror ?? uid,
    cgroupUid: mirror === undefined ? uid : (shortText(annotations, CONFIG_HASH) ?? mirror),
    ...withoutAbsent({ limitBytes: memoryLimit(field(pod, 'spec')), owner: ownerOf(pod) }),
    containers: containersOf(pod),
  };
}

function ownerOf(pod: unknown): PodOwner | undefined {
  const owner = podOwner(pod);
  const isNamed = owner !== undefined && isShort(owner.kind) && isShort(owner.name);
  return isNamed ? owner : undefined;
}

function containersOf(pod: unknown): readonly ContainerEntry[] {
  const specs = LISTS.map(({ list }) => items(pod, 'spec', list));
  if (specs.flat().length > MAX_CONTAINERS) return [];
  return LISTS.flatMap(({ list, statuses }, n) =>
    entriesOf(specs[n] ?? [], items(pod, 'status', statuses), list),
  );
}

function entriesOf(
  specs: readonly unknown[],
  statuses: readonly unknown[],
  list: ContainerEntry['list'],
): ContainerEntry[] {
  return specs.flatMap((spec) => {
    const name = text(spec, 'name');
    if (name === undefined) return [];
    const status = statuses.find((status) => field(status, 'name') === name);
    const restarts = text(spec, 'restartPolicy') === 'Always';
    return [{ name, list, ...(restarts && { restarts }), ...fromStatus(spec, status) }];
  });
}

/**
 * The limit in force is the one the kubelet reports (`status.….resources`, since in-place resize):
 * `spec` is what was asked for, and may be ahead of the kernel. Before 1.33 there is only `spec`.
 */
function fromStatus(spec: unknown, status: unknown): Omit<ContainerEntry, 'name' | 'list'> {
  const current = field(status, 'state', 'terminated');
  const last = field(status, 'lastState', 'terminated');
  const ids = [status, current, last].map(containerId).filter((id) => id !== undefined);
  return {
    ids: [...new Set(ids)],
    ...withoutAbsent({
      limitBytes: memoryLimit(status) ?? memoryLimit(spec),
      runningSinceMs: timeMs(status, 'state', 'running', 'startedAt'),
      lastTermination: termination(current) ?? termination(last),
    }),
  };
}

function termination(terminated: unknown): Termination | undefined {
  if (typeof terminated !== 'object' || terminated === null) return undefined;
  const exitCode = field(terminated, 'exitCode');
  return withoutAbsent({
    reason: shortText(terminated, 'reason'),
    exitCode: typeof exitCode === 'number' ? exitCode : undefined,
    startedAtMs: timeMs(terminated, 'startedAt'),
    finishedAtMs: timeMs(terminated, 'finishedAt'),
    containerId: containerId(terminated),
  });
}

/** The bare ID of anything that has a `containerID`. */
function containerId(holder: unknown): string | undefined {
  const id = shortText(holder, 'containerID')?.replace(RUNTIME_PREFIX, '');
  return id === '' ? undefined : id;
}

function shortText(value: unknown, ...path: readonly string[]): string | undefined {
  const found = text(value, ...path);
  return found !== undefined && isShort(found) ? found : undefined;
}

function isShort(name: string): boolean {
  return name.length <= MAX_NAME_CHARS;
}

function memoryLimit(holder: unknown): number | undefined {
  return memoryQuantity(field(holder, 'resources', 'limits', 'memory'));
}
