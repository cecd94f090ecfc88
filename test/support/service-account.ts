import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterAccess } from '../../src/kube/cluster-access.ts';
import { loadServiceAccount } from '../../src/kube/load-cluster.ts';
import { tempDirectory } from './temp-directory.ts';

/** A service account as the kubelet mounts it, whose files a test can rotate. */
export interface ServiceAccount {
  readonly access: ClusterAccess;
  rotateToken(token: string): void;
  rotateCa(ca: string): void;
  loseToken(): void;
}

export function mountServiceAccount(
  url: string,
  ca: string,
  token = 'first-token',
): ServiceAccount {
  const dir = tempDirectory();
  const rotateToken = (next: string): void => writeFileSync(join(dir, 'token'), `${next}\n`);
  const rotateCa = (next: string): void => writeFileSync(join(dir, 'ca.crt'), next);
  const loseToken = (): void => rmSync(join(dir, 'token'));
  rotateToken(token);
  rotateCa(ca);
  const { hostname, port } = new URL(url);
  const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  const access = loadServiceAccount(env, dir);
  if (access === undefined) throw new Error('no service account is mounted');
  return { access, rotateToken, rotateCa, loseToken };
}
