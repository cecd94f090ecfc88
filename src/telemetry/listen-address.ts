import { RecorderError } from '../errors.ts';

/** Where to listen; without a host on all addresses, IPv6 and IPv4. */
export interface ListenAddress {
  readonly host?: string;
  readonly port: number;
}

/** `--listen` is no address, or nobody can listen there. */
export class ListenError extends RecorderError {
  readonly code = 'E_LISTEN';
  readonly retryable = false;

  constructor(listen: string, cause?: unknown) {
    super(
      `Listening on ${listen} failed. Write :9095, 127.0.0.1:9095 or [::1]:9095, an address that is free on this node, or none`,
      cause,
    );
  }
}

const ADDRESS = /^(?:\[(?<ipv6>[0-9a-f:.]+)\]|(?<host>[^:[\]]*)):(?<port>\d{1,5})$/i;
const MAX_PORT = 65_535;

/**
 * Reads `--listen`: `:9095`, `host:9095`, `[::1]:9095`, or `none`.
 *
 * @throws ListenError
 */
export function parseListenAddress(listen: string): ListenAddress | undefined {
  if (listen === 'none') return undefined;
  const parts = ADDRESS.exec(listen)?.groups;
  const port = Number(parts?.['port'] ?? Number.NaN);
  if (parts === undefined || port > MAX_PORT) throw new ListenError(listen);
  const host = parts['ipv6'] ?? parts['host'] ?? '';
  return host === '' ? { port } : { host, port };
}
