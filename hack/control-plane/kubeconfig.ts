import { readFile, writeFile } from 'node:fs/promises';
import type { Certificate } from './certificates.ts';

/** Who speaks: the holder of a client certificate, or of a bearer token. */
export type User = Certificate | { readonly token: string };

/** Writes a kubeconfig that needs no other file. JSON is YAML; every client reads it. */
export async function writeKubeconfig(
  file: string,
  cluster: { readonly url: string; readonly caFile: string },
  user: User,
): Promise<void> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'local',
        cluster: {
          server: cluster.url,
          'certificate-authority-data': await readFile(cluster.caFile, 'base64'),
        },
      },
    ],
    users: [{ name: 'user', user: await credentialsOf(user) }],
    contexts: [{ name: 'local', context: { cluster: 'local', user: 'user' } }],
    'current-context': 'local',
  };
  await writeFile(file, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
}

async function credentialsOf(user: User): Promise<Record<string, string>> {
  if ('token' in user) return { token: user.token };
  return {
    'client-certificate-data': await readFile(user.certificate, 'base64'),
    'client-key-data': await readFile(user.key, 'base64'),
  };
}
