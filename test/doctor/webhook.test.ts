import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { webhookCheck } from '../../src/doctor/webhook.ts';

async function listen(): Promise<{ port: number; received: Buffer[] }> {
  const received: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('data', (chunk) => received.push(chunk)).on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, received };
}

test('a webhook that takes connections is posted nothing, and its path is not shown', async () => {
  const { port, received } = await listen();
  expect(await webhookCheck(`http://127.0.0.1:${port}/secret?token=x`, undefined).look()).toEqual({
    status: 'ok',
    found: `127.0.0.1:${port} takes connections; nothing was posted`,
  });
  expect(received).toEqual([]);
});

test('nobody listens', async () => {
  expect(await webhookCheck('http://127.0.0.1:1/secret', undefined).look()).toEqual({
    status: 'failed',
    found: '127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1',
    fix: expect.stringContaining('--webhook-url'),
  });
});

test('who speaks no TLS is not trusted', async () => {
  const server = createServer((socket) => socket.end('hello, this is no TLS\n'));
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await webhookCheck(`https://127.0.0.1:${port}/`, undefined).look()).toMatchObject({
    status: 'failed',
  });
});
