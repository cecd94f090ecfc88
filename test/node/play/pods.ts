/** What a row says of a container; the rest is the same for all. */
export interface ContainerPlan {
  readonly name?: string;
  /** Run by `sh -c`. */
  readonly script: string;
  readonly limit?: string;
  /** Equal to the limits in a Guaranteed pod, absent in a BestEffort one. */
  readonly requests?: Readonly<Record<string, string>>;
  readonly cpuLimit?: string;
  /** How many it has before anybody is killed. */
  readonly processes?: number;
}

export interface PodPlan {
  readonly name: string;
  readonly containers: readonly ContainerPlan[];
  readonly init?: readonly ContainerPlan[];
  /** Init containers that go on running. */
  readonly sidecars?: readonly ContainerPlan[];
  /** `spec.resources.limits.memory`. */
  readonly podLimit?: string;
  readonly restartPolicy?: 'Never' | 'Always';
  /** The pause process is init to all of its containers: none of them takes others along. */
  readonly sharesPids?: boolean;
}

/** All pods of all rows: the next row begins when they are gone. */
export const LABEL = 'app.kubernetes.io/part-of=node-test';
const [LABEL_KEY = '', LABEL_VALUE] = LABEL.split('=');

/** In the guest: a directory of gates for each namespace. */
export const gatesOf = (namespace: string): string => `/run/node-test/${namespace}`;

/** A pod of one container, `app`. */
export function onePod(name: string, container: ContainerPlan): PodPlan {
  return { name, containers: [container] };
}

export function podManifest(plan: PodPlan, namespace: string): object {
  const { name, containers, init = [], sidecars = [], podLimit, restartPolicy = 'Never' } = plan;
  const { sharesPids = false } = plan;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { [LABEL_KEY]: LABEL_VALUE } },
    spec: {
      restartPolicy,
      shareProcessNamespace: sharesPids,
      automountServiceAccountToken: false,
      hostNetwork: true, // a network of its own takes an emulated node seconds
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 1, // a shell as PID 1 does not heed SIGTERM
      ...(podLimit !== undefined && { resources: { limits: { memory: podLimit } } }),
      initContainers: [
        ...sidecars.map((one) => ({ ...containerSpec(one), restartPolicy: 'Always' })),
        ...init.map((one) => containerSpec(one)),
      ],
      containers: containers.map((one) => containerSpec(one)),
      volumes: [
        { name: 'gates', hostPath: { path: gatesOf(namespace), type: 'Directory' } },
        { name: 'work', emptyDir: {} },
      ],
    },
  };
}

function containerSpec({ name = 'app', script, limit, requests, cpuLimit }: ContainerPlan): object {
  const limits = {
    ...(limit !== undefined && { memory: limit }),
    ...(cpuLimit !== undefined && { cpu: cpuLimit }),
  };
  return {
    name,
    image: 'busybox:1.37',
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', script],
    resources: { limits, ...(requests !== undefined && { requests }) },
    volumeMounts: [
      { name: 'gates', mountPath: '/gates' },
      { name: 'work', mountPath: '/work' },
    ],
  };
}
