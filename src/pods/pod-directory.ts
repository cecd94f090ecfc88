/** A container as attribution needs it. */
export interface ContainerEntry {
  readonly name: string;
  /** `spec.containers`, `spec.initContainers` or `spec.ephemeralContainers`. */
  readonly list: 'containers' | 'initContainers' | 'ephemeralContainers';
  /** Bare IDs (no `containerd://`), of the current and the last state. */
  readonly ids: readonly string[];
  /** `resources.limits.memory`, bytes. */
  readonly limitBytes?: number;
}

/** A Pod as attribution needs it. */
export interface PodEntry {
  readonly namespace: string;
  readonly name: string;
  /** `metadata.uid`. */
  readonly uid: string;
  /**
   * What `involvedObject.uid` must be: for a static pod's mirror the value of the annotation
   * `kubernetes.io/config.mirror`, because `kubectl describe pod` searches by it; else `uid`.
   */
  readonly referenceUid: string;
  /** The UID in its cgroup path: for a static pod `kubernetes.io/config.hash`, else `uid`. */
  readonly cgroupUid: string;
  readonly nodeName?: string;
  readonly containers: readonly ContainerEntry[];
}

/** Where attribution looks a pod up: a file, or (later) a reflector over the API server. */
export interface PodDirectory {
  /** By the UID in a cgroup path. */
  byCgroupUid(uid: string): PodEntry | undefined;
}
