import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { html } from '../../src/telemetry/answer.ts';
import { StatusServer } from '../../src/telemetry/server.ts';
import { statusPages } from '../support/status-pages.ts';

/** What any of the limits may take: the longest is 10 s, and Node looks every 5 s. */
const ALL_LIMITS_MS = 20_000;
const TOO_LATE_MS = 12_000;

const GET = 'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n';
const HALF_A_HEAD = 'GET /metrics HTTP/1.1\r\nHost: a\r\n';
const HALF_A_POST = 'POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n';

const SLOW_CLIENTS: Readonly<Record<string, (socket: Socket) => void>> = {
  'says nothing': (socket) => void socket.resume(),
  'sends half a head': (socket) => void socket.resume().write(HALF_A_HEAD),
  'sends a head byte by byte': dribbleHead,
  'announces a body and sends none': (socket) => void socket.resume().write(HALF_A_POST),
  'does not read what it asked for': readTooLate,
};

/** Requests that Node parses out of one chunk, each of which it would answer. */
const PIPELINED: readonly string[] = [
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  GET,
  'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nExpect: much\r\n\r\n',
];
const REQUESTS_A_CHUNK = 1_000;

async function serve(body: string, page = (): string => ''): Promise<StatusServer> {
  return StatusServer.listen(
    { host: '127.0.0.1', port: 0 },
    statusPages({
      metrics: { contentType: 'text/plain', render: async () => body },
      openMetrics: { contentType: 'openmetrics', render: async () => body },
      page: async () => html(page()),
      onError: (err) => expect.fail(String(err)),
    }),
  );
}

async function connect(server: StatusServer): Promise<Socket> {
  const socket = createConnection(server.port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

async function isLive(server: StatusServer): Promise<boolean> {
  return (await fetch(`http://127.0.0.1:${server.port}/healthz`)).ok;
}

describe('a client that does not wait for an answer', () => {
  test.for(PIPELINED)('has one at most to %j', { timeout: 60_000 }, async (request) => {
    let renderings = 0;
    await using server = await serve('up 1\n', () => `rendering ${(renderings += 1)}`);
    const sockets = await Promise.all(Array.from({ length: 20 }, () => connect(server)));
    const answers = sockets.map(async (socket) => {
      socket.write(request.repeat(REQUESTS_A_CHUNK));
      return (await readAll(socket)).split('HTTP/1.1 ').length - 1;
    });
    expect(Math.max(...(await Promise.all(answers)))).toBeLessThanOrEqual(1);
    expect(renderings).toBeLessThanOrEqual(sockets.length);
    expect(await isLive(server)).toBe(true);
  });
});

describe('a client that is slow on purpose', () => {
  test('is cut off', { timeout: 60_000 }, async () => {
    await using server = await serve('x'.repeat(50_000_000));
    const startedMs = performance.now();
    const ended = Object.entries(SLOW_CLIENTS).map(async ([name, behave]) => {
      const socket = await connect(server);
      const closed = once(socket, 'close');
      behave(socket);
      await closed;
      return [name, performance.now() - startedMs < ALL_LIMITS_MS];
    });
    expect(await isLive(server)).toBe(true);
    const inTime = Object.fromEntries(Object.keys(SLOW_CLIENTS).map((name) => [name, true]));
    expect(Object.fromEntries(await Promise.all(ended))).toEqual(inTime);
  });

  test('takes nothing from the others when it floods', { timeout: 60_000 }, async () => {
    await using server = await serve('container_oom_events_total 1\n'.repeat(3_000));
    const flood = new AbortController();
    const floods = Array.from({ length: 24 }, () => ask(server, flood.signal));
    let slowestMs = 0;
    for (let n = 0; n < 30; n += 1) {
      const startedMs = performance.now();
      expect(await isLive(server)).toBe(true);
      slowestMs = Math.max(slowestMs, performance.now() - startedMs);
    }
    flood.abort();
    await Promise.allSettled(floods);
    expect(slowestMs).toBeLessThan(1_000); // the kubelet waits that long by default
  });
});

/** What came until the connection was closed, however it was. */
async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  await once(socket, 'close');
  return text;
}

function dribbleHead(socket: Socket): void {
  socket.resume().write('GET /metrics HTTP/1.1\r\nX: ');
  const timer = setInterval(() => socket.write('x'), 100);
  socket.once('close', () => clearInterval(timer));
}

/** It cannot see that it was cut off before it reads. */
function readTooLate(socket: Socket): void {
  socket.pause().write(GET);
  setTimeout(() => socket.resume(), TOO_LATE_MS);
}

async function ask(server: StatusServer, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await (await fetch(`http://127.0.0.1:${server.port}/metrics`, { signal })).text();
  }
}
