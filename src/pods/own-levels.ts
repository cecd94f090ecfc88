import { cgroupOwners, type CgroupOwner } from '../oom/cgroup-path.ts';
import type { OomEpisode } from '../oom/episode.ts';
import type { PodDirectory } from './pod-directory.ts';

/**
 * Where this node's own pods stand in the hierarchy of cgroups: behind which path, as kills have shown.
 *
 * A kubelet may itself run in a pod of another node, and then every path of its own pods begins with a
 * pod that it does not know. One whose pod stands outermost does not: whatever else stands there,
 * known or not, is or was a pod of this node.
 */
export class OwnLevels {
  readonly #levels = new Set<string>();

  /** Takes down where the victim of an episode was, if it is in no other pod and known. */
  see({ taskMemcg = '' }: OomEpisode, pods: Pick<PodDirectory, 'byCgroupUid'>): void {
    const [outermost] = cgroupOwners(taskMemcg);
    if (outermost === undefined || this.has(outermost)) return;
    const { podUid, containerId, above } = outermost;
    const pod = pods.byCgroupUid(podUid, containerId);
    const isItsOwn = pod?.containers.some(({ ids }) => ids.some((id) => id === containerId));
    if (isItsOwn === true) this.#levels.add(above);
  }

  has({ above }: CgroupOwner): boolean {
    return this.#levels.has(above);
  }
}
