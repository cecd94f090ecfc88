import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Check, failed, ok } from './check.ts';

const LIMIT_MS = 4_000;
const FIX = 'check --webhook-url, its server and the network; kills wait in the store meanwhile';

/**
 * Somebody takes connections there, and is trusted. Nothing is posted, for somebody may be woken by it;
 * and no more of the URL than its host is shown.
 *
 * @param readCa the authority, PEM; the usual ones where absent
 */
export function webhookCheck(url: string, readCa: (() => string) | undefined): Check {
  const { hostname, host, port, protocol } = new URL(url);
  const address = { host: hostname.replaceAll(/[[\]]/g, ''), port: Number(port) || 80 };
  const open = (): Socket =>
    protocol === 'http:'
      ? connectTcp(address)
      : connectTls({
          ...address,
          port: Number(port) || 443,
          ...(isIP(address.host) === 0 && { servername: address.host }),
          ...(readCa !== undefined && { ca: readCa() }),
        });
  return {
    name: 'webhook',
    look: async () => {
      try {
        const socket = open();
        try {
          const event = protocol === 'http:' ? 'connect' : 'secureConnect';
          await once(socket, event, { signal: AbortSignal.timeout(LIMIT_MS) });
        } finally {
          socket.on('error', () => undefined).destroy();
        }
        return ok(`${host} takes connections; nothing was posted`);
      } catch (error) {
        const { message, code } = error as NodeJS.ErrnoException;
        return failed(`${host} cannot be reached: ${message === '' ? code : message}`, FIX);
      }
    },
  };
}
