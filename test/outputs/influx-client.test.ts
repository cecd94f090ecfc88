import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InfluxClient } from '../../src/outputs/influx-client.ts';
import type { InfluxTarget } from '../../src/outputs/influx-target.ts';
import { queuedKill } from '../support/fake-backlog.ts';
import type { EpisodeFacts } from '../../src/recorder/episode-facts.ts';
import { killFacts, KILLED_AT_MS } from '../support/telemetry.ts';

interface Asked {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const server = createServer();
let asked: Asked[];
let answer: Answer;
let url: string;

server.on('request', (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method, url, headers } = request;
    const sent = Buffer.concat(chunks);
    const body = String(headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent);
    asked.push({ line: `${method} ${url}`, authorization: headers.authorization, body });
    answer(response, request);
  });
});

beforeEach(async () => {
  asked = [];
  answer = status(204);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});

function status(code: number, body = '', headers: Record<string, string> = {}): Answer {
  return (response) => void response.writeHead(code, headers).end(body);
}

function badRequest(body: object): Answer {
  return status(400, JSON.stringify(body), { 'content-type': 'application/json' });
}

/** Delivers these kills. */
async function write(client: InfluxClient, kills: readonly EpisodeFacts[]): Promise<unknown> {
  const episodes = kills.map((facts, at) => queuedKill(facts, at + 1));
  return client.deliver({ id: 1, enteredAtMs: 0, size: episodes.length, episodes });
}

const V1_CONFLICT = {
  error: 'partial write: field type conflict: input field "x" is type float dropped=1',
};
const V1_NO_DATABASE = { error: 'database is required' };
const V2_UNPARSED = { code: 'invalid', message: "unable to parse 'x': missing fields" };
const V2_NO_ORG = { code: 'invalid', message: 'Please provide either orgID or org' };
const V3_REJECTED = {
  code: 'invalid',
  message: 'failed to parse line protocol: errors encountered on line(s): line 2',
};
/** What Go's net/http says; InfluxDB is not asked. */
const NO_TLS = 'Client sent an HTTP request to an HTTPS server.\n';

const v2 = (): InfluxTarget & { version: 2 } => ({
  version: 2,
  url,
  org: 'my org',
  bucket: 'oom&kills',
  token: () => 'secret',
});

describe('a write', () => {
  test('to version 2 is as its documentation has it', async () => {
    await write(new InfluxClient(v2()), [killFacts(), killFacts({ sequence: 1001 })]);
    const tags =
      'container=app,limit_level=container,namespace=shop,podname=web-0,reason=OOMKilling';
    expect(asked).toEqual([
      {
        line: 'POST /api/v2/write?org=my%20org&bucket=oom%26kills&precision=ns',
        authorization: 'Token secret',
        body: [1000, 1001]
          .map(
            (n) =>
              `container_oom_events,${tags} container_oom_events_total=1 ${KILLED_AT_MS}00${n}`,
          )
          .join('\n'),
      },
    ]);
  });

  test('to version 1 names the database and logs in', async () => {
    const target = {
      version: 1,
      url,
      database: 'oom',
      user: 'me',
      password: () => 'pass',
    } as const;
    await write(new InfluxClient(target), [killFacts()]);
    expect(asked).toMatchObject([
      { line: 'POST /write?db=oom&precision=ns', authorization: `Basic ${btoa('me:pass')}` },
    ]);
  });

  test('goes below a path where the server is behind one', async () => {
    const target = { version: 1, url: `${url}/influx/`, database: 'oom' } as const;
    await write(new InfluxClient(target), [killFacts()]);
    expect(asked[0]?.line).toBe('POST /influx/write?db=oom&precision=ns');
  });

  test('reads its token anew each time', async () => {
    const tokens = ['old', 'new'];
    const client = new InfluxClient({ ...v2(), token: () => tokens.shift() ?? '' });
    await write(client, [killFacts()]);
    await write(client, [killFacts()]);
    expect(asked.map(({ authorization }) => authorization)).toEqual(['Token old', 'Token new']);
  });

  test('of 500 points is one request', async () => {
    const kills = Array.from({ length: 500 }, (_, sequence) => killFacts({ sequence }));
    await write(new InfluxClient(v2()), kills);
    expect(asked.map(({ body }) => body.split('\n').length)).toEqual([500]);
  });
});

describe('a write that fails', () => {
  test.for<readonly [string, Answer, object]>([
    ['400 about a point', badRequest(V1_CONFLICT), { code: 'E_INFLUX_REFUSED' }],
    ['400 about a line', badRequest(V2_UNPARSED), { code: 'E_INFLUX_REFUSED' }],
    ['400 about lines', badRequest(V3_REJECTED), { code: 'E_INFLUX_REFUSED' }],
    ['400 for want of TLS', status(400, NO_TLS), { code: 'E_INFLUX_ACCESS', retryable: true }],
    ['400 for want of an org', badRequest(V2_NO_ORG), { code: 'E_INFLUX_ACCESS' }],
    ['400 for want of a database', badRequest(V1_NO_DATABASE), { code: 'E_INFLUX_ACCESS' }],
    ['400 and nothing', status(400), { code: 'E_INFLUX_ACCESS' }],
    ['413', status(413), { code: 'E_INFLUX_REFUSED', retryable: false }],
    ['401', status(401), { code: 'E_INFLUX_ACCESS', retryable: true }],
    ['404', status(404), { code: 'E_INFLUX_ACCESS' }],
    ['500', status(500), { code: 'E_INFLUX_AWAY', retryable: true }],
    ['429', status(429, '', { 'retry-after': '7' }), { retryAfterMs: 7_000 }],
    ['200 and a page', status(200, '<html>log in</html>'), { code: 'E_INFLUX_AWAY' }],
    ['302', status(302, '', { location: '/login' }), { code: 'E_INFLUX_AWAY' }],
    ['a reset', (_, request) => request.socket.destroy(), { code: 'E_INFLUX_AWAY' }],
  ])('with %s is classified', async ([, how, error]) => {
    answer = how;
    await expect(write(new InfluxClient(v2()), [killFacts()])).rejects.toMatchObject(error);
  });

  test.for<readonly [string, Answer]>([
    ['nothing', () => {}],
    ['half an answer', (response) => void response.writeHead(500).write('{')],
    ['an answer byte by byte', dribble],
  ])('is over in time although the server sends %s', async ([, how]) => {
    answer = how;
    const writing = write(new InfluxClient(v2(), 100), [killFacts()]);
    await expect(writing).rejects.toMatchObject({ code: 'E_INFLUX_AWAY' });
    await expect.poll(countConnections).toBe(0);
  });

  test.for<readonly [string, Answer]>([
    ['without end', (response) => pour(response.writeHead(500, JSON_TYPE))],
    ['packed', (response) => void response.writeHead(500, GZIP_JSON).end(gzipSync(ZEROS))],
  ])('keeps little of an answer %s', async ([, how]) => {
    answer = how;
    const before = process.memoryUsage().rss;
    const writing = write(new InfluxClient(v2(), 2_000), [killFacts()]);
    await expect(writing).rejects.toMatchObject({ retryable: true });
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
  });

  test('for want of its token waits until it is there', async () => {
    const token = () => {
      throw new Error('ENOENT');
    };
    await expect(write(new InfluxClient({ ...v2(), token }), [killFacts()])).rejects.toMatchObject({
      code: 'E_INFLUX_ACCESS',
      retryable: true,
    });
  });

  test('cannot be said where nobody listens', async () => {
    const target: InfluxTarget = { version: 1, url: 'http://127.0.0.1:1', database: 'oom' };
    await expect(write(new InfluxClient(target), [killFacts()])).rejects.toMatchObject({
      code: 'E_INFLUX_AWAY',
    });
  });
});

const JSON_TYPE = { 'content-type': 'application/json' };
const GZIP_JSON = { ...JSON_TYPE, 'content-encoding': 'gzip' };
const ZEROS = Buffer.alloc(10_000_000);

function dribble(response: ServerResponse): void {
  response.writeHead(204);
  const timer = setInterval(() => response.write('x'), 10);
  response.on('close', () => clearInterval(timer));
}

function pour(response: ServerResponse): void {
  while (!response.destroyed && response.write('x'.repeat(65_536)));
  response.once('drain', () => pour(response));
}

function countConnections(): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((err, count) => (err === null ? resolve(count) : reject(err)));
  });
}
