import { once } from 'node:events';
import type { Server } from 'node:net';
import { RecorderError } from '../errors.ts';

/** Where to listen; without a host on all addresses, IPv6 and IPv4. */
export interface ListenAddress {
  readonly host?: string;
  readonly port: number;
}

/** What `--listen` says. */
export type ListenChoice = ListenAddress | 'none';

/** Of every interface: Prometheus and the kubelet come from outside the pod. */
export const DEFAULT_LISTEN: ListenAddress = { port: 9095 };

/** What the system says to an address it does not let us have, in words. */
const REFUSALS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there',
  EADDRNOTAVAIL: 'this host has no such address',
  EACCES: 'it takes CAP_NET_BIND_SERVICE to have a port below 1024',
  ENOTFOUND: 'nobody knows the address of that name',
  EAI_AGAIN: 'no name server tells the address of that name',
};

/** It is not this host's, whoever else listens where. */
const NOT_OURS = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN']);

/** Nobody can listen there. */
export class ListenError extends RecorderError {
  readonly code = 'E_LISTEN';
  readonly retryable = false;
  override readonly isUsage: boolean;

  constructor(address: ListenAddress, cause: unknown) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    const why = REFUSALS[code] ?? message;
    super(
      `Listening on ${addressText(address)} failed: ${why}. Give --listen another address, or none`,
      cause,
    );
    this.isUsage = NOT_OURS.has(code);
  }
}

/** Until the server listens there. @throws ListenError when the address cannot be had */
export async function listenAt(address: ListenAddress, server: Server): Promise<void> {
  try {
    await once(server.listen(address), 'listening');
  } catch (cause) {
    throw new ListenError(address, cause);
  }
}

const ADDRESS = /^(?:\[(?<ipv6>[0-9a-f:.]+)\]|(?<host>[^:[\]]*)):(?<port>\d{1,5})$/i;
const MAX_PORT = 65_535;

/** Reads `--listen`: `:9095`, `host:9095`, `[::1]:9095` or `none`; `undefined` where it is none of these. */
export function parseListenAddress(listen: string): ListenChoice | undefined {
  if (listen === 'none') return 'none';
  const parts = ADDRESS.exec(listen)?.groups;
  const port = Number(parts?.['port'] ?? Number.NaN);
  if (parts === undefined || port > MAX_PORT) return undefined;
  const host = parts['ipv6'] ?? parts['host'] ?? '';
  return host === '' ? { port } : { host, port };
}

/** As `--listen` takes it. */
export function addressText({ host = '', port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
