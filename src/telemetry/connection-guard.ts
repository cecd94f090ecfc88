import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';

/** A scraper, a few probes and a person need no more. */
const MAX_CONNECTIONS = 32;
/** How long an answer may take, however lively the connection is, and how long one may say nothing. */
const LIMIT_MS = 10_000;

/**
 * Lets `respond` answer, and keeps connections few and short. When there are too many, the oldest
 * one goes, not the newest: whoever opens connections and leaves them hanging must not keep the
 * kubelet's probe out.
 *
 * One request a connection. Node parses all that came in one chunk, so a second request was sent
 * without waiting for the answer to the first; nobody who means well does that, and each would be
 * answered into memory. It also means that no body is read past the answer. What is lost is
 * keep-alive: a scraper or a probe that asks every few seconds connects each time.
 *
 * @returns what ends every connection, also one whose TLS handshake is not over, of which the server does not know yet
 */
export function guardConnections(server: Server, respond: RequestListener): () => void {
  const open = new Set<Socket>();
  const asked = new WeakSet<Socket>();
  server.timeout = LIMIT_MS;
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    const [oldest] = open;
    if (open.size > MAX_CONNECTIONS) oldest?.destroy();
  });
  const respondOnce: RequestListener = (request, response) => {
    const { socket } = request;
    if (asked.has(socket)) {
      socket.destroy();
      return;
    }
    asked.add(socket);
    const limit = setTimeout(() => socket.destroy(), LIMIT_MS).unref();
    response.once('close', () => clearTimeout(limit));
    response.setHeader('connection', 'close');
    respond(request, response);
  };
  server.on('request', respondOnce);
  // An `Expect` that is not 100-continue; Node would answer each of these itself.
  server.on('checkExpectation', respondOnce);
  return () => {
    for (const socket of open) socket.destroy();
  };
}
