import type { PodEntry } from '../../src/pods/pod-directory.ts';
import { toPodEntry } from '../../src/pods/pod-entry.ts';

/** What a test says of a Pod; everything else is filled in as an API server would send it. */
export interface PodShape {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly nodeName?: string;
  readonly resourceVersion?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly creationTimestamp?: string;
  readonly containers?: readonly ContainerShape[];
  readonly initContainers?: readonly ContainerShape[];
  readonly ephemeralContainers?: readonly ContainerShape[];
  readonly memory?: string;
}

export interface ContainerShape {
  readonly name: string;
  readonly memory?: string;
  /** Its status; none until the kubelet has written one. */
  readonly status?: Readonly<Record<string, unknown>>;
}

const STARTED_AT = '2026-08-01T10:00:00Z';

/** A status as the kubelet writes it for a container that runs. */
export function running(id: string, more: Readonly<Record<string, unknown>> = {}): object {
  return {
    containerID: `containerd://${id}`,
    state: { running: { startedAt: STARTED_AT } },
    lastState: {},
    ready: true,
    restartCount: 0,
    ...more,
  };
}

/** `terminated` as the kubelet writes it after an OOM kill. */
export function oomKilled(
  id: string,
  finishedAt = '2026-08-01T10:05:00Z',
  startedAt = STARTED_AT,
): object {
  return {
    exitCode: 137,
    reason: 'OOMKilled',
    startedAt,
    finishedAt,
    containerID: `containerd://${id}`,
  };
}

/** A Pod's JSON. */
export function podJson(shape: PodShape = {}): Record<string, unknown> {
  const { name = 'web', namespace = 'shop', nodeName = 'node-1', owner } = shape;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: shape.uid ?? `uid-of-${name}`,
      resourceVersion: shape.resourceVersion ?? '100',
      creationTimestamp: shape.creationTimestamp ?? STARTED_AT,
      labels: shape.labels ?? {},
      annotations: shape.annotations ?? {},
      ...(owner && { ownerReferences: [{ apiVersion: 'v1', controller: true, ...owner }] }),
    },
    spec: {
      nodeName,
      ...(shape.memory && { resources: { limits: { memory: shape.memory } } }),
      containers: specs(shape.containers ?? [{ name: 'app' }]),
      initContainers: specs(shape.initContainers),
      ephemeralContainers: specs(shape.ephemeralContainers),
    },
    status: {
      phase: 'Running',
      containerStatuses: statuses(shape.containers),
      initContainerStatuses: statuses(shape.initContainers),
      ephemeralContainerStatuses: statuses(shape.ephemeralContainers),
    },
  };
}

/** What is kept of such a Pod. */
export function entryOf(shape: PodShape = {}): PodEntry {
  const entry = toPodEntry(podJson(shape));
  if (entry === undefined) throw new Error(`no Pod: ${JSON.stringify(shape)}`);
  return entry;
}

function specs(containers: readonly ContainerShape[] = []): object[] {
  return containers.map(({ name, memory }) => ({
    name,
    image: `registry.example/${name}:1`,
    resources: memory === undefined ? {} : { limits: { memory } },
  }));
}

function statuses(containers: readonly ContainerShape[] = []): object[] {
  return containers.flatMap(({ name, status }) => (status ? [{ name, ...status }] : []));
}
