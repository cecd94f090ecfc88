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
 * What the port speaks TLS with; `undefined` where nobody asked for it.
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
  return new CertificateFiles({ cert, key }, files, onProblem);
}

/**
 * A certificate in two files that are replaced while they are in use, as a mounted Secret is: both at once, or one
 * after the other. A pair that does not do is told once, and the one before stays.
 */
class CertificateFiles implements RenewedCertificate {
  readonly current: TlsCertificate;
  readonly #paths: TlsCertificate;
  readonly #files: CertificateReader;
  readonly #onProblem: (err: ListenTlsError) => void;
  #stamp: string;

  constructor(
    paths: TlsCertificate,
    files: CertificateReader,
    onProblem: (err: ListenTlsError) => void,
  ) {
    this.#paths = paths;
    this.#files = files;
    this.#onProblem = onProblem;
    this.#stamp = this.#stampNow();
    this.current = this.#read();
  }

  renewed(): TlsCertificate | undefined {
    const stamp = this.#stampNow();
    if (stamp === this.#stamp) return undefined;
    this.#stamp = stamp;
    try {
      return this.#read();
    } catch (err) {
      if (!(err instanceof ListenTlsError)) throw err;
      this.#onProblem(err);
      return undefined;
    }
  }

  #stampNow(): string {
    return [this.#paths.cert, this.#paths.key].map((path) => this.#files.stamp(path)).join(' ');
  }

  #read(): TlsCertificate {
    const { cert, key } = this.#paths;
    const pair = { cert: this.#readFile(cert), key: this.#readFile(key) };
    try {
      createSecureContext(pair);
    } catch (cause) {
      throw new ListenTlsError(problemOf(cause, cert, key), cause);
    }
    return pair;
  }

  #readFile(path: string): string {
    try {
      const text = this.#files.read(path);
      if (text.trim() !== '') return text;
    } catch (cause) {
      throw new ListenTlsError(`${path} cannot be read: ${fileProblem(cause)}`, cause);
    }
    throw new ListenTlsError(`${path} is empty`);
  }
}

function problemOf(cause: unknown, cert: string, key: string): string {
  const { code = '' } = cause as NodeJS.ErrnoException;
  return code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH'
    ? `${key} is not the key of ${cert}`
    : `${cert} and ${key} do not do as certificate and key in PEM (${code || String(cause)})`;
}
