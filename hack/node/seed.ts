import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Certificate, createCredentials } from '../control-plane/certificates.ts';
import { run } from '../control-plane/commands.ts';
import { writeKubeconfig } from '../control-plane/kubeconfig.ts';
import {
  containerdConfig,
  KUBELET_CONFIG,
  kubeletConfig,
  type KubeletSettings,
  NODE_NAME,
} from './guest-config.ts';

/** QEMU's address for the guest, and the first one of the Services' range. */
const API_SERVER_ADDRESSES = ['10.0.2.15', '10.96.0.1'];
const IN_GUEST = 'https://127.0.0.1:6443';

/** Who has a kubeconfig in the guest: file → what RBAC and the node authorizer know it as. */
const CLIENTS = {
  'controller-manager': '/CN=system:kube-controller-manager',
  scheduler: '/CN=system:kube-scheduler',
  kubelet: `/O=system:nodes/CN=system:node:${NODE_NAME}`,
};

/** Where it puts files in the guest. */
export const SEED_DIRECTORIES = ['/etc/kubernetes', '/etc/containerd/conf.d'];

export interface Seed {
  /** Unpacked by the guest when it first boots. */
  readonly archive: string;
  readonly caFile: string;
  /** The administrator's, for the host. */
  readonly kubeconfig: string;
}

/** What is new at every start: a CA of its own, and how the kubelet is set up. */
export async function writeSeed(
  directory: string,
  url: string,
  settings: KubeletSettings,
): Promise<Seed> {
  const keys = join(directory, 'keys');
  const tree = join(directory, 'seed');
  const guest = (path: string) => join(tree, path);
  for (const path of [keys, guest('etc/kubernetes/pki'), guest('etc/kubernetes/manifests')])
    await mkdir(path, { recursive: true });
  const credentials = await createCredentials(keys, API_SERVER_ADDRESSES);
  const { authority, admin, server, serviceAccount } = credentials;
  const caFile = authority.certificate;

  const pki = {
    'ca.crt': caFile,
    'sa.key': serviceAccount.key,
    'sa.pub': serviceAccount.publicKey,
  };
  const pairs = Object.entries({ server, admin }).flatMap(([name, pair]) => filesOf(name, pair));
  for (const [name, file] of [...Object.entries(pki), ...pairs])
    await copyFile(file, guest(`etc/kubernetes/pki/${name}`));

  const inGuest = async (name: string, certificate: Certificate) =>
    writeKubeconfig(
      guest(`etc/kubernetes/${name}.kubeconfig`),
      { url: IN_GUEST, caFile },
      certificate,
    );
  await inGuest('admin', admin);
  for (const [name, subject] of Object.entries(CLIENTS))
    await inGuest(name, await credentials.issueClient(name, subject));

  await writeBelow(tree, KUBELET_CONFIG, kubeletConfig(settings));
  const driver = containerdConfig(settings.cgroupDriver);
  await writeBelow(tree, '/etc/containerd/conf.d/cgroup-driver.toml', driver);

  const archive = join(directory, 'seed.tar');
  const owner = ['--owner=root:0', '--group=root:0', '--mode=a+rX']; // whatever our umask
  await run('tar', ['--create', '--file', archive, ...owner, '--directory', tree, 'etc']);
  const kubeconfig = join(directory, 'kubeconfig');
  await writeKubeconfig(kubeconfig, { url, caFile }, admin);
  return { archive, caFile, kubeconfig };
}

function filesOf(name: string, { certificate, key }: Certificate): [string, string][] {
  return [
    [`${name}.crt`, certificate],
    [`${name}.key`, key],
  ];
}

async function writeBelow(tree: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(tree, path)), { recursive: true });
  await writeFile(join(tree, path), text);
}
