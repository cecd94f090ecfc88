import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** A scraper, a few probes and a person need no more. */
const MAX_CONNECTIONS = 32;
/** How long an answer may take, however lively the connection is, and how long one may say nothing. */
const LIMIT_MS = 10_000;

/**
 * Keeps connections few and short. When there are too many, the oldest one goes, not the newest:
 * whoever opens connections and leaves them hanging must not keep the kubelet's probe out.
 */
export function guardConnections(server: Server): void {
  const open = new Set<Socket>();
  server.timeout = LIMIT_MS;
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    const [oldest] = open;
    if (open.size > MAX_CONNECTIONS) oldest?.destroy();
  });
  server.on('request', (request, response) => {
    const limit = setTimeout(() => request.socket.destroy(), LIMIT_MS).unref();
    response.once('close', () => clearTimeout(limit));
  });
}
