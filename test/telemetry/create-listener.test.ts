import { once } from 'node:events';
import { createConnection } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { RenewedCertificate, TlsCertificate } from '../../src/telemetry/create-listener.ts';
import { StatusServer } from '../../src/telemetry/server.ts';
import { makeCertificate } from '../support/certificates.ts';
import { statusPages } from '../support/status-pages.ts';

const [FIRST, SECOND] = [makeCertificate('first'), makeCertificate('second')];
const LOCAL = { host: '127.0.0.1', port: 0 };

/** One that is renewed when the test says so. */
function certificate(): RenewedCertificate & { next: TlsCertificate | undefined } {
  return {
    current: FIRST,
    next: undefined,
    renewed() {
      const renewed = this.next;
      this.next = undefined;
      return renewed;
    },
  };
}

/** The answer to `/healthz`, and who gave it. */
async function ask(
  { port }: StatusServer,
  ca: string,
  maxVersion: 'TLSv1.1' | 'TLSv1.3' = 'TLSv1.3',
) {
  const socket: TLSSocket = connect({
    host: '127.0.0.1',
    port,
    ca,
    maxVersion,
    minVersion: 'TLSv1',
    // Else this client itself would not.
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return `${text.split('\r\n', 1)[0]} by ${String(subject.CN)}`;
}

describe('a port with a certificate', () => {
  test('speaks TLS, and takes a renewed one for the next connection', async () => {
    const renewed = certificate();
    await using server = await StatusServer.listen(LOCAL, statusPages(), renewed);
    expect(await ask(server, FIRST.cert)).toBe('HTTP/1.1 200 OK by first');
    renewed.next = SECOND;
    expect(await ask(server, SECOND.cert)).toBe('HTTP/1.1 200 OK by second');
    expect(await ask(server, SECOND.cert)).toBe('HTTP/1.1 200 OK by second');
    await expect(ask(server, FIRST.cert)).rejects.toThrow(/self-signed certificate/);
  });

  test('hangs up on who speaks plain HTTP, or TLS of before 1.2', async () => {
    const renewed = certificate();
    await using server = await StatusServer.listen(LOCAL, statusPages(), renewed);
    await expect(fetch(`http://127.0.0.1:${server.port}/healthz`)).rejects.toThrow('fetch failed');
    await expect(ask(server, FIRST.cert, 'TLSv1.1')).rejects.toThrow(/alert protocol version/);
    renewed.next = SECOND;
    await expect(ask(server, SECOND.cert, 'TLSv1.1')).rejects.toThrow(/alert protocol version/);
    expect(await ask(server, SECOND.cert)).toBe('HTTP/1.1 200 OK by second');
  });

  test('is closed although somebody begins no handshake', async () => {
    const server = await StatusServer.listen(LOCAL, statusPages(), certificate());
    const silent = createConnection(server.port, '127.0.0.1');
    const closed = once(silent, 'close');
    await once(silent, 'connect');
    await ask(server, FIRST.cert);
    await server[Symbol.asyncDispose]();
    await closed;
  });

  test('lets the oldest connection go when there are too many, so that a probe gets through', async () => {
    await using server = await StatusServer.listen(LOCAL, statusPages(), certificate());
    const hanging = Array.from({ length: 60 }, () => createConnection(server.port, '127.0.0.1'));
    for (const socket of hanging) socket.on('error', () => {});
    await Promise.all(hanging.map((socket) => once(socket, 'connect')));
    expect(await ask(server, FIRST.cert)).toBe('HTTP/1.1 200 OK by first');
    await expect.poll(() => hanging.filter(({ closed }) => closed).length).toBeGreaterThan(20);
    for (const socket of hanging) socket.destroy();
  });
});
