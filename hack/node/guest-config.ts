/** The guest's host name, and the Node's. */
export const NODE_NAME = 'oom-node';
export type CgroupDriver = 'systemd' | 'cgroupfs';

export interface KubeletSettings {
  readonly cgroupDriver: CgroupDriver;
  /** Without it the kubelet has the kernel kill all of a container's processes together. */
  readonly singleProcessOomKill: boolean;
}

/** Where `kubelet.service` looks for it. */
export const KUBELET_CONFIG = '/etc/kubernetes/kubelet.json';

/** As kubeadm would write it, but for what is said. */
export function kubeletConfig({ cgroupDriver, singleProcessOomKill }: KubeletSettings): string {
  const config = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' },
    },
    authorization: { mode: 'Webhook' },
    cgroupDriver,
    clusterDNS: ['10.96.0.10'], // nobody answers there; without it every pod gets a Warning
    clusterDomain: 'cluster.local',
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    failSwapOn: false,
    resolvConf: '/etc/resolv.conf',
    singleProcessOOMKill: singleProcessOomKill,
    staticPodPath: '/etc/kubernetes/manifests',
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

/** containerd must use the same driver as the kubelet, which asks it. */
export function containerdConfig(cgroupDriver: CgroupDriver): string {
  return [
    "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]",
    "runtime_type = 'io.containerd.runc.v2'",
    "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]",
    `SystemdCgroup = ${cgroupDriver === 'systemd'}`,
    '',
  ].join('\n');
}
