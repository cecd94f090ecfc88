import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadYaml, type V1Container, type V1DaemonSet } from '@kubernetes/client-node';
import { memoryQuantity } from '../../src/pods/memory-quantity.ts';
import { AGENT_ENV, AGENT_FLAGS } from './agent-flags.ts';

const DAEMON_SET = join(import.meta.dirname, '../../manifests/base/daemon-set.yaml');

/** The image's entry point; a test compares it with the Dockerfile. */
export const ENTRYPOINT: readonly string[] = [
  '/nodejs/bin/node',
  ...AGENT_FLAGS,
  '/app/oom-recorder.js',
];

/** Where the kubelet mounts a pod's ServiceAccount. */
const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

/** include/uapi/linux/capability.h, in the order of their bits. `privileged: true` is all of them. */
const CAPABILITIES =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ'
    .split(' ')
    .map((name) => `CAP_${name}`);

/** What the node would decide, and a test decides instead. */
export interface SpecOptions {
  /** The root file system. */
  readonly image: string;
  readonly cgroupsPath: string;
  /** In place of the DaemonSet's paths on the host. */
  readonly hostPaths?: Readonly<Record<string, string>>;
  /** Holds `token` and `ca.crt`, as the kubelet mounts them; without one there is no cluster. */
  readonly serviceAccountDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Added to the DaemonSet's; of a flag given twice the last one holds. */
  readonly args?: readonly string[];
  readonly memoryLimitBytes?: number;
}

/**
 * The OCI configuration a runtime makes of the DaemonSet's container: its arguments, mounts, rights
 * and limits as the manifest has them. Only the network is the host's, so that the container finds
 * the test's servers on loopback.
 */
export function privilegedSpec(options: SpecOptions): object {
  const { spec } = loadYaml<V1DaemonSet>(readFileSync(DAEMON_SET, 'utf8'));
  const pod = spec?.template.spec;
  const [container] = pod?.containers ?? [];
  if (pod === undefined || container === undefined)
    throw new Error('the DaemonSet has no container');
  const hostPaths = new Map(pod.volumes?.map(({ name, hostPath }) => [name, hostPath?.path ?? '']));
  const namespaces = ['mount', 'ipc', 'uts', ...(pod.hostPID === true ? [] : ['pid'])];
  const memory = memoryQuantity(container.resources?.limits?.['memory']);
  return {
    ociVersion: '1.0.2',
    process: processOf(container, options),
    root: {
      path: options.image,
      readonly: container.securityContext?.readOnlyRootFilesystem === true,
    },
    mounts: [...runtimeMounts, ...mountsOf(container, hostPaths, options)],
    linux: {
      cgroupsPath: options.cgroupsPath,
      namespaces: namespaces.map((type) => ({ type })),
      resources: {
        devices: [{ allow: container.securityContext?.privileged === true, access: 'rwm' }],
        memory: { limit: options.memoryLimitBytes ?? memory },
      },
    },
  };
}

function processOf({ args = [] }: V1Container, { env = {}, args: more = [] }: SpecOptions): object {
  const ours = ownCapabilities();
  const capabilities = { bounding: ours, effective: ours, permitted: ours };
  return {
    user: { uid: 0, gid: 0 },
    cwd: '/',
    args: [...ENTRYPOINT, ...args, ...more],
    env: Object.entries({ ...AGENT_ENV, ...env }).map(([name, value]) => `${name}=${value}`),
    capabilities,
  };
}

/** Nobody gives what he does not have: where the tests run as root in a container, some are missing. */
function ownCapabilities(): string[] {
  const status = readFileSync('/proc/self/status', 'latin1');
  const bits = BigInt(`0x${/^CapEff:\s*(?<hex>\w+)$/m.exec(status)?.groups?.['hex'] ?? '0'}`);
  return CAPABILITIES.filter((_, bit) => (bits >> BigInt(bit)) % 2n === 1n);
}

/** What every runtime mounts by itself. */
const runtimeMounts = [
  { destination: '/proc', type: 'proc', source: 'proc' },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev'] },
];

function mountsOf(
  { volumeMounts = [] }: V1Container,
  volumes: ReadonlyMap<string, string>,
  { hostPaths = {}, serviceAccountDir }: SpecOptions,
): object[] {
  const mounts = volumeMounts.map(({ name, mountPath, readOnly }) => {
    const path = volumes.get(name) ?? '';
    return bind(mountPath, hostPaths[path] ?? path, readOnly);
  });
  if (serviceAccountDir !== undefined) {
    mounts.push(bind(SERVICE_ACCOUNT_DIR, serviceAccountDir, true));
  }
  return mounts;
}

function bind(destination: string, source: string, readOnly = false): object {
  return { destination, type: 'bind', source, options: ['rbind', readOnly ? 'ro' : 'rw'] };
}
