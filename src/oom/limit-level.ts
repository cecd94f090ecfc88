import { type CgroupOwner, isUnder, parseCgroupPath } from './cgroup-path.ts';
import type { LimitLevel } from './episode.ts';

/** The QoS cgroups, in any driver's spelling and below any parent. */
const QOS_CGROUP =
  /(?:^|\/)(?:[\w.]+-)*kubepods(?:-(?:burstable|besteffort)(?:\.slice)?|(?:\.slice)?\/(?:burstable|besteffort))$/;

/** kubelet's node-allocatable enforcement: the limit on kubepods itself. */
const KUBEPODS_CGROUP = /(?:^|\/)(?:[\w.]+-)*kubepods(?:\.slice)?$/;

/**
 * Whose limit was hit, from the path of the oom memcg, as seen from the pod it is about.
 *
 * A one-container pod is charged at its pod's cgroup: `pod` is what the kernel enforced, and the
 * message may still find that it is the container's limit.
 *
 * @param pod the pod whose container was hurt; the outermost one in the path where none is given
 */
export function limitLevel(
  oomMemcg: string,
  pod: Pick<CgroupOwner, 'podPath'> | undefined = parseCgroupPath(oomMemcg),
): LimitLevel {
  if (pod !== undefined && isUnder(oomMemcg, pod.podPath)) {
    return oomMemcg === pod.podPath && !isContainer(pod.podPath) ? 'pod' : 'container';
  }
  if (QOS_CGROUP.test(oomMemcg)) return 'qos';
  return KUBEPODS_CGROUP.test(oomMemcg) ? 'node-allocatable' : 'host';
}

/** A driver mismatch puts pod and container into one part: `…-pod<uid>.slice:cri-containerd:<id>`. */
function isContainer(path: string): boolean {
  return path.slice(path.lastIndexOf('/')).includes(':');
}
