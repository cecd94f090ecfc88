/** How a container's last run ended, from `state.terminated`, else `lastState.terminated`. */
export interface Termination {
  /** `OOMKilled`, `Error`, `Completed`, … */
  readonly reason?: string;
  /** Of its main process; 128 and the signal's number where one ended it. */
  readonly exitCode?: number;
  /** ms since the epoch; the kubelet writes whole seconds. */
  readonly startedAtMs?: number;
  readonly finishedAtMs?: number;
  /** Bare ID of the container that ended. */
  readonly containerId?: string;
}

/** A container as attribution needs it. */
export interface ContainerEntry {
  readonly name: string;
  /** `spec.containers`, `spec.initContainers` or `spec.ephemeralContainers`. */
  readonly list: 'containers' | 'initContainers' | 'ephemeralContainers';
  /** Bare IDs (no `containerd://`), the newest first: current, last, and earlier ones seen before. */
  readonly ids: readonly string[];
  /** A sidecar: an init container that is started again whenever it ends (`restartPolicy: Always`). */
  readonly restarts?: true;
  /** The memory limit in force, bytes. */
  readonly limitBytes?: number;
  /** When its main process started, ms since the epoch; absent while it does not run. */
  readonly runningSinceMs?: number;
  readonly lastTermination?: Termination;
}

/** Who made the Pod, as its people call it. */
export interface PodOwner {
  readonly kind: string;
  readonly name: string;
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
  /** The pod-level memory limit (`spec.resources`, Kubernetes ≥ 1.34), bytes. */
  readonly limitBytes?: number;
  readonly owner?: PodOwner;
  /** When it was seen to be gone, ms since the epoch; absent while it exists. */
  readonly deletedAtMs?: number;
  readonly containers: readonly ContainerEntry[];
}

/** Where attribution looks a pod up: a file, or a reflector over the API server. */
export interface PodDirectory {
  /** Whether a pod it does not know is certainly not this node's; false without a pod list. */
  readonly isComplete: boolean;
  /** By the UID in a cgroup path, and the container's ID behind it: of a static pod's, only that is proof. */
  byCgroupUid(uid: string, containerId?: string): PodEntry | undefined;
}
