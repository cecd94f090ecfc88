import type { PodEntry } from './pod-directory.ts';
import { weighClaims } from './weigh-claims.ts';

/** How long a deleted pod is still found: the API server may be away, and kills wait in the ring. */
const KEEP_DELETED_MS = 15 * 60_000;
/** A node that runs through more pods than this in 15 minutes forgets the oldest sooner. About 1 MB. */
const MAX_DELETED = 1000;

/**
 * Pods by their UID, and static pods by the hash their cgroups are named after.
 *
 * Law 2: the UID is the API server's; the config hash of a mirror is an annotation anybody may write.
 * So it never hides a pod whose real UID it names, and all who have the same one are kept and weighed.
 */
export class PodIndex {
  readonly #pods = new Map<string, PodEntry>();
  /** Mirrors of static pods: config hash → UIDs of all that have it. */
  readonly #mirrors = new Map<string, Set<string>>();
  /** UID → when it was deleted, the longest deleted first. */
  readonly #deleted = new Map<string, number>();

  get(uid: string): PodEntry | undefined {
    return this.#pods.get(uid);
  }

  byCgroupUid(cgroupUid: string, containerId?: string): PodEntry | undefined {
    const pod = this.#pods.get(cgroupUid);
    if (pod?.cgroupUid === cgroupUid) return pod;
    const uids = [...(this.#mirrors.get(cgroupUid) ?? [])];
    const claims = uids.map((uid) => this.#pods.get(uid)).filter((one) => one !== undefined);
    return weighClaims(claims, containerId);
  }

  entries(): readonly PodEntry[] {
    return [...this.#pods.values()];
  }

  put(pod: PodEntry): void {
    this.#release(pod.uid);
    this.#pods.set(pod.uid, pod);
    if (pod.cgroupUid !== pod.uid) {
      const claims = this.#mirrors.get(pod.cgroupUid) ?? new Set();
      this.#mirrors.set(pod.cgroupUid, claims.add(pod.uid));
    }
    if (pod.deletedAtMs !== undefined) this.#deleted.set(pod.uid, pod.deletedAtMs);
  }

  /** Forgets the pods deleted too long ago. Called on every access: there is no timer. */
  forget(nowMs: number): void {
    for (const [uid, deletedAtMs] of this.#deleted) {
      if (nowMs - deletedAtMs < KEEP_DELETED_MS && this.#deleted.size <= MAX_DELETED) return;
      this.#release(uid);
      this.#pods.delete(uid);
    }
  }

  #release(uid: string): void {
    const pod = this.#pods.get(uid);
    this.#deleted.delete(uid);
    if (pod === undefined) return;
    const claims = this.#mirrors.get(pod.cgroupUid);
    claims?.delete(uid);
    if (claims?.size === 0) this.#mirrors.delete(pod.cgroupUid);
  }
}
