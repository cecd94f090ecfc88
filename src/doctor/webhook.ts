import { once } from 'node:events';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Check, check, failed, ok, whyOf } from './check.ts';

const LIMIT_MS = 4_000;
const HTTP_PORT = 80;
const HTTPS_PORT = 443;
const FIX = 'check --webhook-url, its server and the network; kills wait in the store meanwhile';

/**
 * Somebody takes connections there, and is trusted. Nothing is posted, for somebody may be woken by it;
 * and no more of the URL than its host is shown.
 *
 * @param readCa the authority, PEM; the usual ones where absent
 */
export function webhookCheck(url: string, readCa: (() => string) | undefined): Check {
  const target = new URL(url);
  return check('webhook', async () => {
    try {
      await connect(target, readCa);
      return ok(`${target.host} takes connections; nothing was posted`);
    } catch (error) {
      return failed(`${target.host} cannot be reached: ${whyOf(error as Error)}`, FIX);
    }
  });
}

async function connect(
  { hostname, port, protocol }: URL,
  readCa: (() => string) | undefined,
): Promise<void> {
  const host = hostname.replaceAll(/[[\]]/g, '');
  const isTls = protocol === 'https:';
  const socket = isTls
    ? connectTls({
        host,
        port: Number(port) || HTTPS_PORT,
        ...(isIP(host) === 0 && { servername: host }),
        ...(readCa !== undefined && { ca: readCa() }),
      })
    : connectTcp({ host, port: Number(port) || HTTP_PORT });
  try {
    const signal = AbortSignal.timeout(LIMIT_MS);
    await once(socket, isTls ? 'secureConnect' : 'connect', { signal });
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}
