import { createSecureContext } from 'node:tls';
import { fileProblem, RecorderError } from '../errors.ts';
import type { RenewedCertificate, TlsCertificate } from './create-listener.ts';
import type { ListenChoice } from './listen-address.ts';

/** Flags that say how the port speaks. */
export interface ListenOptions {
  readonly listen?: ListenChoice;
  readonly listenTlsCert?: string;
  readonly listenTlsKey?: string;
  readonly metricsRequireToken?: boolean;
}

/** Files, as far as a certificate takes them. */
export interface CertificateReader {
  readonly read: (path: string) => string;
  /** Another text for a file that was replaced or written to. */
  readonly stamp: (path: string) => string;
}

/** The flags do not name one certificate and its key: wrong usage. */
export class ListenTlsError extends RecorderError {
  readonly code = 'E_LISTEN_TLS';
  readonly retryable = false;
  override readonly isUsage = true;

  constructor(problem: string, cause?: unknown) {
    super(`TLS on the port of --listen: ${problem}`, cause);
  }
}

/**
 * What the port speaks TLS with; `undefined` where nobody asked for it. It is in two files that are replaced while
 * they are in use, as a mounted Secret is: both at once, or one after the other. A pair that does not do is told
 * once, and the one before stays.
 *
 * @throws ListenTlsError
 */
export function listenCertificate(
  { listenTlsCert: cert, listenTlsKey: key }: ListenOptions,
  files: CertificateReader,
  onProblem: (err: ListenTlsError) => void,
): RenewedCertificate | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new ListenTlsError('give both, --listen-tls-cert and --listen-tls-key');
  }
  const stampNow = (): string => [cert, key].map((path) => files.stamp(path)).join(' ');
  let stamp = stampNow();
  return {
    current: readPair(cert, key, files),
    renewed: () => {
      const before = stamp;
      stamp = stampNow();
      if (stamp === before) return undefined;
      try {
        return readPair(cert, key, files);
      } catch (err) {
        if (!(err instanceof ListenTlsError)) throw err;
        onProblem(err);
        return undefined;
      }
    },
  };
}

/** @throws ListenTlsError */
function readPair(cert: string, key: string, files: CertificateReader): TlsCertificate {
  const pair = { cert: readFile(cert, files), key: readFile(key, files) };
  try {
    createSecureContext(pair);
  } catch (cause) {
    throw new ListenTlsError(problemOf(cause, cert, key), cause);
  }
  return pair;
}

/** @throws ListenTlsError */
function readFile(path: string, files: CertificateReader): string {
  try {
    const text = files.read(path);
    if (text.trim() !== '') return text;
  } catch (cause) {
    throw new ListenTlsError(`${path} cannot be read: ${fileProblem(cause)}`, cause);
  }
  throw new ListenTlsError(`${path} is empty`);
}

function problemOf(cause: unknown, cert: string, key: string): string {
  const { code = '' } = cause as NodeJS.ErrnoException;
  return code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH'
    ? `${key} is not the key of ${cert}`
    : `${cert} and ${key} do not do as certificate and key in PEM (${code || String(cause)})`;
}
