import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiClient } from '../../src/kube/api-client.ts';
import { loadKubeconfig } from '../../src/kube/load-cluster.ts';
import { type Certificate, makeCertificate } from '../support/certificates.ts';
import { type MisbehavingServer, startMisbehavingServer } from '../support/misbehaving-server.ts';
import { tempDirectory } from '../support/temp-directory.ts';

let certificate: Certificate;
let me: Certificate;
let api: MisbehavingServer;

beforeAll(async () => {
  certificate = makeCertificate('api');
  me = makeCertificate('admin');
  api = await startMisbehavingServer(certificate);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

function kubeconfig(cluster: object, user: object): ApiClient {
  const file = join(tempDirectory(), 'config');
  const config = {
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(file, JSON.stringify(config));
  return new ApiClient(loadKubeconfig(file, {}));
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function trusting(): object {
  return { server: `${api.url}/`, 'certificate-authority-data': base64(certificate.cert) };
}

describe('a kubeconfig', () => {
  test('brings its client certificate, to requests and to streams', async () => {
    const user = { 'client-certificate-data': base64(me.cert), 'client-key-data': base64(me.key) };
    await using client = kubeconfig(trusting(), user);
    await client.getJson('/version');
    const stream = await client.getStream('/version', {}, new AbortController().signal);
    await text(stream);

    const names = api.requests.slice(-2).map(({ request }) => clientOf(request));
    expect(names).toEqual(['admin', 'admin']);
  });

  test.each([
    ['a token', { token: 'secret' }, 'Bearer secret'],
    ['a name and a password', { username: 'me', password: 'pw' }, `Basic ${base64('me:pw')}`],
  ])('brings %s', async (_name, user, authorization) => {
    await using client = kubeconfig(trusting(), user);
    await client.getJson('/version');
    expect(api.requests.at(-1)?.request.headers.authorization).toBe(authorization);
  });

  test('refuses a server it does not trust, unless told not to look', async () => {
    await using careful = kubeconfig({ server: api.url }, { token: 'secret' });
    await expect(careful.getJson('/version')).rejects.toMatchObject({ code: 'E_API_UNREACHABLE' });

    const insecure = { server: api.url, 'insecure-skip-tls-verify': true };
    await using careless = kubeconfig(insecure, {});
    expect(await careless.getJson('/version')).toEqual({});
  });

  test('goes through its proxy, two connections for any number of requests', async () => {
    const proxy = createServer();
    let tunnels = 0;
    proxy.on('connect', ({ url = '' }, socket) => {
      tunnels += 1;
      const [host, port] = url.split(':');
      const onward = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
    });
    const through = { ...trusting(), 'proxy-url': await listen(proxy) };
    await using client = kubeconfig(through, { token: 'secret' });
    await Promise.all([1, 2, 3, 4, 5, 6].map(() => client.getJson('/version')));
    expect(tunnels).toBeLessThanOrEqual(2);
    proxy.close();
  });

  test('sends no credentials to a server without TLS', async () => {
    const plain = createServer((request, response) => {
      response.end(JSON.stringify({ authorization: request.headers.authorization ?? 'none' }));
    });
    await using client = kubeconfig({ server: await listen(plain) }, { token: 'secret' });
    expect(await client.getJson('/version')).toEqual({ authorization: 'none' });
    plain.close();
  });
});

function clientOf({ socket }: IncomingMessage): unknown {
  return socket instanceof TLSSocket ? socket.getPeerCertificate().subject?.CN : undefined;
}

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP address');
  return `http://127.0.0.1:${address.port}`;
}
