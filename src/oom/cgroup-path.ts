import type { ByteString } from '../kmsg/record.ts';

/** `guaranteed` pods have no QoS part in their path. */
export type QosClass = 'guaranteed' | 'burstable' | 'besteffort';

/** What a cgroup path says of the Kubernetes object it belongs to. */
export interface CgroupOwner {
  /** A pod's UID, or for a static pod the 32-hex hash of its manifest. */
  readonly podUid: string;
  readonly qos: QosClass;
  /** Absent for the pod's own cgroup. */
  readonly containerId?: string | undefined;
  /** The path as far as the pod's own cgroup, and what stands before the outermost kubepods part. */
  readonly podPath: string;
  readonly above: string;
}

/** A dashed UID; systemd writes `_` for each `-`, and a static pod's is an MD5 without either. */
const POD_UID = String.raw`[0-9a-f]{8}(?<dash>[-_])(?:[0-9a-f]{4}\k<dash>){3}[0-9a-f]{12}|[0-9a-f]{32}`;

/** kubelet cgroup_manager_linux.go: `pod<uid>`, or `[<parent>-]kubepods[-<qos>]-pod<uid>.slice`. */
const POD_PART = new RegExp(
  String.raw`^(?:(?<slice>(?:[\w.]+-)*kubepods)(?:-(?<qos>burstable|besteffort))?-)?pod(?<uid>${POD_UID})(?:\.slice)?(?::[\w-]+:(?<containerId>[0-9a-f]{32,}))?$`,
);

/** `kubepods`, `kubepods.slice`, `kubelet-kubepods-burstable.slice`, … */
const KUBEPODS_PART = /^(?:[\w.]+-)*kubepods(?:-(?<qos>burstable|besteffort))?(?:\.slice)?$/;
const QOS_PART = /^(?<qos>burstable|besteffort)$/;

/** `<64 hex>`, `crio-<id>`, `cri-containerd-<id>.scope`. Shorter IDs have been seen on Bottlerocket. */
const CONTAINER_PART = /^(?:[a-z][\w-]*?-)?(?<containerId>[0-9a-f]{32,})(?:\.scope)?$/;

/**
 * Every pod a cgroup path names, the outermost first: below a pod there may be another kubelet's
 * (kind, or a nested cluster), and which of them is ours only the pod list can tell.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/cm/cgroup_manager_linux.go
 */
export function cgroupOwners(path: string): readonly CgroupOwner[] {
  const parts = path.split('/');
  return parts.flatMap((part, at) => {
    const pod = POD_PART.exec(part)?.groups;
    const owner = pod === undefined ? undefined : readOwner(parts, at, pod);
    return owner === undefined ? [] : [owner];
  });
}

/** Whether a part of a path leads to pods: kubepods itself, or a QoS class below it. */
export function leadsToPods(part: string): boolean {
  return KUBEPODS_PART.test(part) || QOS_PART.test(part);
}

/** The outermost pod that a cgroup path names; `undefined` for a path of no pod. */
export function parseCgroupPath(path: string): CgroupOwner | undefined {
  return cgroupOwners(path)[0];
}

/** The container's own cgroup, of a path that may lead below it; the pod's, of the colon form. */
export function containerPath(path: string, podPath: string): string {
  const [, name] = path.slice(podPath.length).split('/');
  return name === undefined ? podPath : `${podPath}/${name}`;
}

type Groups = Readonly<Record<string, string | undefined>>;

function readOwner(parts: readonly string[], at: number, pod: Groups): CgroupOwner | undefined {
  const kubepods = kubepodsAbove(parts, at);
  const inSlice = pod['slice'] !== undefined;
  if (kubepods === undefined && !inSlice) return undefined;
  const qos = pod['qos'] ?? qosAbove(parts, at);
  const below = CONTAINER_PART.exec(parts[at + 1] ?? '')?.groups;
  return {
    podUid: (pod['uid'] ?? '').replaceAll('_', '-'),
    qos: qos === 'burstable' || qos === 'besteffort' ? qos : 'guaranteed',
    containerId: pod['containerId'] ?? below?.['containerId'],
    podPath: parts.slice(0, at + 1).join('/'),
    above: parts.slice(0, kubepods ?? at).join('/') || '/',
  };
}

/** The nearest run of kubepods and QoS parts directly above the pod: where it begins. */
function kubepodsAbove(parts: readonly string[], at: number): number | undefined {
  let top: number | undefined;
  for (let above = at - 1; above > 0; above -= 1) {
    const part = parts[above] ?? '';
    if (KUBEPODS_PART.test(part)) top = above;
    else if (!QOS_PART.test(part)) break;
  }
  return top;
}

function qosAbove(parts: readonly string[], at: number): string | undefined {
  const part = parts[at - 1] ?? '';
  return (QOS_PART.exec(part) ?? KUBEPODS_PART.exec(part))?.groups?.['qos'];
}

/** Whether `path` is `ancestor` or lies below it. A victim is always under the limit that was hit. */
export function isUnder(path: ByteString, ancestor: ByteString): boolean {
  return ancestor === '/' || path === ancestor || path.startsWith(`${ancestor}/`);
}

/**
 * Splits `left<separator>right` into two absolute cgroup paths, either of which may contain the
 * separator: the right split is the one whose paths stand as `related` says.
 */
export function splitPaths(
  text: ByteString,
  separator: string,
  related: (left: ByteString, right: ByteString) => boolean,
): readonly [ByteString, ByteString] | undefined {
  if (!text.startsWith('/')) return undefined;
  const between = `${separator}/`;
  for (let at = text.indexOf(between); at !== -1; at = text.indexOf(between, at + 1)) {
    const left = text.slice(0, at);
    const right = text.slice(at + separator.length);
    if (related(left, right)) return [left, right];
  }
  return undefined;
}
