import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './commands.ts';

/** Longer than anybody leaves a development cluster running. */
const DAYS = '365';

/** Everything is said here, because the defaults in openssl.cnf differ between distributions. */
const OPENSSL_CONFIG = `
[req]
distinguished_name = name
prompt = no
[name]
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = $ENV::ALT_NAMES
[client]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = clientAuth
`;

/** What a client on the same machine, and a pod, call the API server. */
const ALT_NAMES = ['IP:127.0.0.1', 'DNS:localhost', 'DNS:kubernetes.default.svc'];

/** Paths of PEM files. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

export interface Credentials {
  readonly authority: Certificate;
  readonly server: Certificate;
  /** A client of group `system:masters`: RBAC does not apply to it. */
  readonly admin: Certificate;
  /** Signs ServiceAccount tokens. */
  readonly serviceAccount: { readonly key: string; readonly publicKey: string };
  /** A certificate for one more client, with a subject like `/O=system:nodes/CN=system:node:a`. */
  issueClient(name: string, subject: string): Promise<Certificate>;
}

/**
 * A CA of its own for every cluster, and what it signs. The openssl command, because Node cannot
 * make certificates and this needs no dependency; the keys never leave the data directory.
 * `addresses` are those of the API server beside 127.0.0.1.
 */
export async function createCredentials(
  directory: string,
  addresses: readonly string[] = [],
): Promise<Credentials> {
  const config = join(directory, 'openssl.cnf');
  await writeFile(config, OPENSSL_CONFIG);
  const altNames = [...ALT_NAMES, ...addresses.map((address) => `IP:${address}`)];
  const env = { ...process.env, ALT_NAMES: altNames.join(',') };
  const issue = async (
    name: string,
    extensions: string,
    subject: string,
    issuer?: Certificate,
  ): Promise<Certificate> => {
    const made = {
      certificate: join(directory, `${name}.crt`),
      key: join(directory, `${name}.key`),
    };
    const signed = issuer ? ['-CA', issuer.certificate, '-CAkey', issuer.key] : [];
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const files = ['-keyout', made.key, '-out', made.certificate];
    const about = ['-config', config, '-extensions', extensions, '-subj', subject, '-days', DAYS];
    await run('openssl', ['req', '-x509', ...newKey, ...files, ...about, ...signed], { env });
    return made;
  };
  const authority = await issue('ca', 'authority', '/CN=oom-recorder-control-plane');
  const issueClient = async (name: string, subject: string) =>
    issue(name, 'client', subject, authority);
  const [server, admin, serviceAccount] = await Promise.all([
    issue('server', 'server', '/CN=kube-apiserver', authority),
    issueClient('admin', '/O=system:masters/CN=admin'),
    createSigningKey(directory),
  ]);
  return { authority, server, admin, serviceAccount, issueClient };
}

async function createSigningKey(directory: string): Promise<Credentials['serviceAccount']> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const made = { key: join(directory, 'sa.key'), publicKey: join(directory, 'sa.pub') };
  await writeFile(made.key, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  });
  await writeFile(made.publicKey, pair.publicKey.export({ type: 'spki', format: 'pem' }));
  return made;
}
