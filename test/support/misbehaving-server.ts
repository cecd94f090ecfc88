import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { Certificate } from './certificates.ts';

/** What the server does with one request. */
export type Behaviour = (exchange: Exchange) => void;

export interface Exchange {
  readonly request: IncomingMessage;
  readonly body: string;
  readonly response: ServerResponse;
}

/** An HTTPS server that behaves badly on purpose, and counts who came. */
export interface MisbehavingServer extends AsyncDisposable {
  readonly url: string;
  /** Everything that was asked, in order of arrival. */
  readonly requests: readonly Exchange[];
  /** TLS handshakes that were completed. */
  readonly handshakes: number;
  behave(behaviour: Behaviour): void;
  present(certificate: Certificate): void;
  /** Whether new connections are reset before anything is said. */
  refuseConnections(refuses: boolean): void;
  /** Ends every connection, as a restart does. */
  hangUp(): void;
}

export async function startMisbehavingServer(certificate: Certificate): Promise<MisbehavingServer> {
  const requests: Exchange[] = [];
  const sockets = new Set<Socket>();
  let behaviour: Behaviour = answerJson(200, {});
  let handshakes = 0;
  let isRefusing = false;

  const server = createServer({ ...certificate, requestCert: true, rejectUnauthorized: false });
  server.on('secureConnection', () => (handshakes += 1));
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    if (isRefusing) socket.resetAndDestroy();
  });
  server.on('request', (request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const exchange = { request, response, body: Buffer.concat(chunks).toString() };
      requests.push(exchange);
      behaviour(exchange);
    });
  });
  const hangUp = (): void => sockets.forEach((socket) => socket.destroy());

  return {
    url: await listen(server),
    requests,
    get handshakes() {
      return handshakes;
    },
    behave: (next) => (behaviour = next),
    present: (next) => server.setSecureContext(next),
    refuseConnections: (refuses) => (isRefusing = refuses),
    hangUp,
    async [Symbol.asyncDispose]() {
      server.close();
      hangUp();
      await once(server, 'close');
    },
  };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP address');
  return `https://127.0.0.1:${address.port}`;
}

export function answerJson(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Behaviour {
  return ({ response }) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

/** A metav1.Status, as the API server fails. */
export function answerStatus(
  code: number,
  status: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Behaviour {
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, ...status };
  return answerJson(code, body, headers);
}

/** The object that was sent, as a create that worked answers. */
export const echo: Behaviour = ({ body, response }) => {
  response.writeHead(201, { 'Content-Type': 'application/json' });
  response.end(body);
};

export const answerHtml: Behaviour = ({ response }) => {
  response.writeHead(200, { 'Content-Type': 'text/html' });
  response.end('<html>Please log in</html>');
};

export const neverAnswer: Behaviour = () => {};

export const reset: Behaviour = ({ request }) => {
  request.socket.destroy();
};

/** Headers and half a body, then silence. */
export const stallInBody: Behaviour = ({ response }) => {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.write('{"kind":');
};
