import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  /** The certificate is its own authority: trusting it is trusting the server. */
  readonly cert: string;
  readonly key: string;
}

/** A self-signed certificate for 127.0.0.1, made by openssl for this test run. */
export function makeCertificate(commonName: string): Certificate {
  const dir = mkdtempSync(join(tmpdir(), 'certificate-'));
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const names = 'subjectAltName=IP:127.0.0.1,DNS:localhost';
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const out = ['-subj', `/CN=${commonName}`, '-addext', names, '-out', cert, '-keyout', key];
  try {
    execFileSync('openssl', ['req', '-x509', ...ec, ...out], { stdio: 'ignore' });
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  } finally {
    rmSync(dir, { recursive: true });
  }
}
