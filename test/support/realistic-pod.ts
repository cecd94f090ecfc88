import { createHash } from 'node:crypto';
import { podJson, running } from './pod-json.ts';

/** 64 hex digits, as every runtime's container IDs and every kubelet's hashes are. */
export function hexId(seed: string): string {
  return createHash('sha256').update(seed).digest('hex');
}

function uuid(seed: string): string {
  return hexId(seed).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

const CONTAINERS = ['app', 'sidecar', 'exporter'];

/**
 * A Pod as large as they are in practice, about 8 KB of JSON: three containers with probes, mounts
 * and variables, an init container, volumes, conditions, and the managed fields that are half of it.
 */
export function realisticPod(n: number, version: number): Record<string, unknown> {
  const name = `checkout-${(n % 20).toString(36)}-7d9f8c6b5-${uuid(`${n}`).slice(0, 5)}`;
  const status = (container: string): Record<string, unknown> => ({
    ...running(hexId(`${n}/${container}/${version}`), {
      restartCount: version,
      image: `registry.example.com/shop/${container}:v1.${n}.0`,
      imageID: `registry.example.com/shop/${container}@sha256:${hexId(container)}`,
      started: true,
    }),
  });
  const pod = podJson({
    name,
    namespace: `team-${n % 12}`,
    uid: uuid(`pod ${n}`),
    resourceVersion: String(1_000_000 + version),
    labels: {
      app: 'checkout',
      'pod-template-hash': '7d9f8c6b5',
      'app.kubernetes.io/part-of': 'shop',
    },
    annotations: { 'checksum/config': hexId('config'), 'prometheus.io/scrape': 'true' },
    owner: { kind: 'ReplicaSet', name: name.slice(0, -6) },
    containers: CONTAINERS.map((name) => ({ name, memory: '512Mi', status: status(name) })),
    initContainers: [{ name: 'migrate', memory: '64Mi', status: status('migrate') }],
  });
  return fatten(pod, version);
}

function fatten(pod: Record<string, unknown>, version: number): Record<string, unknown> {
  const { metadata, spec, status } = pod;
  return {
    ...pod,
    metadata: Object.assign({}, metadata, { managedFields: managedFields() }),
    spec: Object.assign({}, spec, {
      volumes: CONTAINERS.map((name) => ({
        name,
        projected: { defaultMode: 420, sources: [{ configMap: { name } }, { secret: { name } }] },
      })),
      tolerations: ['not-ready', 'unreachable'].map((key) => ({
        key: `node.kubernetes.io/${key}`,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      })),
      env: CONTAINERS.map((name) => ({
        name: `${name.toUpperCase()}_URL`,
        value: `https://${name}.shop.svc`,
      })),
    }),
    status: Object.assign({}, status, {
      podIP: '10.42.0.17',
      hostIP: '192.168.0.4',
      conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
        type,
        status: 'True',
        observedGeneration: version,
        lastProbeTime: null,
        lastTransitionTime: '2026-08-01T10:00:00Z',
      })),
    }),
  };
}

function managedFields(): object[] {
  const owned = Object.fromEntries(
    CONTAINERS.map((name) => [
      `k:{"name":"${name}"}`,
      Object.fromEntries(
        [
          'image',
          'imagePullPolicy',
          'livenessProbe',
          'readinessProbe',
          'resources',
          'volumeMounts',
          'env',
          'securityContext',
          'terminationMessagePath',
        ].map((field) => [`f:${field}`, { '.': {}, 'f:limits': {}, 'f:requests': {} }]),
      ),
    ]),
  );
  return ['kube-controller-manager', 'kubelet'].map((manager) => ({
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    time: '2026-08-01T10:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': { 'f:containers': owned } },
  }));
}
