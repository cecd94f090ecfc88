import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a server that can be cut: every connection through it at once, as a broken network does. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections through it now. */
  readonly open: number;
  /** Resets every connection. New ones are accepted. */
  cut(): void;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    sockets.add(client);
    client.on('close', () => {
      sockets.delete(client);
      target.destroy();
    });
    target.on('close', () => client.resetAndDestroy());
    for (const socket of [client, target]) socket.on('error', () => {});
    client.pipe(target).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP address');
  const cut = (): void => sockets.forEach((socket) => socket.resetAndDestroy());
  return {
    port: address.port,
    get open() {
      return sockets.size;
    },
    cut,
    async [Symbol.asyncDispose]() {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}
