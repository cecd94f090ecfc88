import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The module that builds kube-apiserver and kubectl, and the one that builds etcd. */
export const KUBERNETES_MODULE = fileURLToPath(new URL('.', import.meta.url));
export const ETCD_MODULE = fileURLToPath(new URL('etcd/', import.meta.url));

export interface Versions {
  readonly kubernetes: string;
  readonly etcd: string;
}

/** What the two go.mod files require: the one place where the versions are pinned. */
export function pinnedVersions(): Versions {
  return {
    kubernetes: requiredVersion(KUBERNETES_MODULE, 'k8s.io/kubernetes'),
    etcd: requiredVersion(ETCD_MODULE, 'go.etcd.io/etcd/server/v3'),
  };
}

/** The pinned versions, but the Kubernetes that `KUBERNETES_VERSION` asks for. */
export function wantedVersions(env: NodeJS.ProcessEnv): Versions {
  const asked = env['KUBERNETES_VERSION'];
  const pinned = pinnedVersions();
  return asked ? { ...pinned, kubernetes: parseVersion(asked) } : pinned;
}

/** `v1.34.2` from `1.34.2` or `v1.34.2`. It becomes part of paths and addresses: nothing else passes. */
export function parseVersion(text: string): string {
  const numbers = /^v?(?<numbers>1\.\d+\.\d+)$/.exec(text)?.groups?.['numbers'];
  if (numbers === undefined)
    throw new Error(`KUBERNETES_VERSION=${text}: expected a release like v1.36.3`);
  return `v${numbers}`;
}

/** What the go.mod in a directory requires of a module. */
export function requiredVersion(module: string, path: string): string {
  const goMod = readFileSync(`${module}go.mod`, 'utf8');
  const line = goMod.split('\n').find((line) => line.includes(`${path} v`));
  const version = line?.split(`${path} `)[1]?.split(' ')[0];
  if (version === undefined) throw new Error(`${module}go.mod does not require ${path}`);
  return version;
}
