import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { influxCheck } from '../../src/doctor/influxdb.ts';

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test('an InfluxDB answers, also behind a path', async () => {
  const asked: (string | undefined)[] = [];
  const url = await serve(({ url }, response) => {
    asked.push(url);
    response.writeHead(204, { 'X-Influxdb-Version': '1.8.10' }).end();
  });
  expect(await influxCheck(url).look()).toEqual({
    status: 'ok',
    found: `${url} answers 204, version 1.8.10; rights are not tried`,
  });
  await influxCheck(`${url}influx`).look();
  expect(asked).toEqual(['/ping', '/influx/ping']);
});

test.each([
  ['unknown', 404, ', and does not say that it is an InfluxDB'],
  ['unknown', 401, ', and does not say that it is an InfluxDB'],
  ['failed', 502, ''],
])('it is %s what answers %i', async (status, code, more) => {
  const url = await serve((_, response) => response.writeHead(code).end('a page'));
  expect(await influxCheck(url).look()).toEqual({
    status,
    found: `${url} answers ${code}${more}`,
    fix: expect.stringContaining('--influx-url'),
  });
});

test('nobody answers', async () => {
  const url = await serve(({ socket }) => socket.destroy());
  expect(await influxCheck(url).look()).toMatchObject({
    status: 'failed',
    found: expect.stringContaining(`${url} does not answer: `),
  });
});
