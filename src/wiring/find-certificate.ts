import { readFileSync, statSync } from 'node:fs';
import type { Logger } from '../logger.ts';
import { listenCertificate, type ListenOptions } from '../telemetry/certificate-files.ts';
import type { RenewedCertificate } from '../telemetry/create-listener.ts';

/** What the port of `--listen` speaks TLS with; `undefined` where it does not. @throws ListenTlsError */
export function findCertificate(
  options: ListenOptions,
  log: Logger,
): RenewedCertificate | undefined {
  const read = (path: string): string => readFileSync(path, 'utf8');
  return listenCertificate(options, { read, stamp }, ({ message, code }) =>
    log.warn({ err: message, code }, 'the renewed certificate cannot be used, the one before is'),
  );
}

/** Of the file that a link leads to: of a mounted Secret the link is exchanged. */
function stamp(path: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(path, { bigint: true });
    return `${ino}-${size}-${mtimeNs}`;
  } catch (err) {
    return String((err as NodeJS.ErrnoException).code);
  }
}
