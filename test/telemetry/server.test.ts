import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { html, json, problem, text } from '../../src/telemetry/answer.ts';
import type { StatusPages } from '../../src/telemetry/server.ts';
import { StatusServer } from '../../src/telemetry/server.ts';
import { statusPages } from '../support/status-pages.ts';

const LOCAL = { host: '127.0.0.1', port: 0 };

let server: StatusServer;
let problems: { health?: string; ready?: string };
let errors: unknown[];
let renders: number;
let sockets: Socket[];

beforeEach(async () => {
  problems = {};
  errors = [];
  renders = 0;
  sockets = [];
  server = await StatusServer.listen({ host: '127.0.0.1', port: 0 }, shown());
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await server[Symbol.asyncDispose]();
});

function shown(): StatusPages {
  const render = async (): Promise<string> => `up ${(renders += 1)}\n`;
  return statusPages({
    metrics: { contentType: 'text/plain; version=0.0.4', render },
    openMetrics: { contentType: 'application/openmetrics-text', render },
    health: [() => problems.health],
    readiness: [() => undefined, () => problems.ready],
    page: async () => html(`<!doctype html><title>page ${(renders += 1)}</title>`),
    onError: (err) => errors.push(err),
  });
}

const url = (path: string) => `http://127.0.0.1:${server.port}${path}`;
const get = (path: string, init?: RequestInit) => fetch(url(path), init);

async function connect(): Promise<Socket> {
  const socket = createConnection(server.port, '127.0.0.1');
  socket.on('error', () => {});
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

const EPISODES = '/api/v1/episodes';

describe('what is not for everybody', () => {
  test('is shown to whom is admitted, by the namespace that is asked for', async () => {
    const asked: unknown[] = [];
    const admit: StatusPages['admit'] = async (_, wanted) => {
      const of = wanted.kind === 'pods' ? wanted.namespace : wanted.kind;
      asked.push(of);
      return of === 'shop' ? 'namespace' : problem(403, 'not you');
    };
    const episodes: StatusPages['episodes'] = (params, access) =>
      text(200, `${access} ${params.toString()}`);
    const page: StatusPages['page'] = async (params, access) =>
      text(200, `${access} ${params.get('namespace')}`);
    await using other = await StatusServer.listen(LOCAL, { ...shown(), admit, episodes, page });
    const get = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${other.port}${path}`);
      return [answer.status, await answer.text()];
    };
    expect(await get(`${EPISODES}?namespace=shop&limit=2`)).toEqual([
      200,
      'namespace namespace=shop&limit=2',
    ]);
    const refused = [403, '{"error":"not you"}\n'];
    expect(await get(`${EPISODES}?limit=2`)).toEqual(refused);
    expect(await get('/')).toEqual(refused);
    expect(await get('/?namespace=+&namespace=shop')).toEqual(refused);
    expect(await get('/?namespace=shop&limit=2')).toEqual([200, 'namespace shop']);
    expect(asked).toEqual(['shop', undefined, undefined, undefined, 'shop']);
    for (const path of ['/metrics', '/healthz', '/readyz']) expect((await get(path))[0]).toBe(200);
    expect(asked).toHaveLength(5);
    await using guarded = await StatusServer.listen(LOCAL, {
      ...shown(),
      admit,
      metricsNeedToken: true,
    });
    const metrics = await fetch(`http://127.0.0.1:${guarded.port}/metrics`);
    expect([metrics.status, asked.at(-1)]).toEqual([403, 'metrics']);
    expect((await fetch(`http://127.0.0.1:${guarded.port}/healthz`)).status).toBe(200);
  });
});

describe('an answer in pieces', () => {
  /** One that goes on when the test says so. */
  function pieces() {
    const { promise, resolve } = Promise.withResolvers<void>();
    const asked = vi.fn<StatusPages['episodes']>(() => json(body()));
    async function* body(): AsyncGenerator<string> {
      yield 'begun';
      await promise;
      yield ' and ended';
    }
    return { asked, goOn: resolve };
  }

  test('is one at a time, and the next is told to come again', async () => {
    const { asked, goOn } = pieces();
    await using other = await StatusServer.listen(LOCAL, { ...shown(), episodes: asked });
    const at = `http://127.0.0.1:${other.port}${EPISODES}`;
    const first = await fetch(at);
    const second = await fetch(at);
    expect([second.status, second.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await second.json()).toEqual({ error: expect.stringContaining('ask again') });
    expect((await fetch(`http://127.0.0.1:${other.port}/healthz`)).status).toBe(200);
    goOn();
    expect([first.headers.get('content-type'), await first.text()]).toEqual([
      'application/json',
      'begun and ended',
    ]);
    expect((await fetch(at)).status).toBe(200);
    expect(errors).toEqual([]);
  });

  test('ends with who has gone', async () => {
    const { asked, goOn } = pieces();
    await using other = await StatusServer.listen(LOCAL, { ...shown(), episodes: asked });
    const at = `http://127.0.0.1:${other.port}${EPISODES}`;
    const leaving = new AbortController();
    await fetch(at, { signal: leaving.signal });
    leaving.abort();
    goOn();
    await vi.waitFor(async () => expect((await fetch(at)).status).toBe(200));
    expect(errors).toEqual([]);
  });

  test('has no piece in an answer to HEAD', async () => {
    await using other = await StatusServer.listen(LOCAL, {
      ...shown(),
      episodes: () => json(never()),
    });
    const answer = await fetch(`http://127.0.0.1:${other.port}${EPISODES}`, { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(errors).toEqual([]);
  });

  test('that fails half-way is cut, and the log says why', async () => {
    await using other = await StatusServer.listen(LOCAL, {
      ...shown(),
      episodes: () => json(never()),
    });
    const at = `http://127.0.0.1:${other.port}${EPISODES}`;
    await expect(fetch(at).then((answer) => answer.text())).rejects.toThrow(TypeError);
    expect(errors).toEqual([new Error('nobody asked for that')]);
  });

  // oxlint-disable-next-line require-yield -- it fails before its first
  async function* never(): AsyncGenerator<string> {
    throw new Error('nobody asked for that');
  }
});

describe('the listener', () => {
  test('shows the metrics under their own content type', async () => {
    const response = await get('/metrics?name=any');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(await response.text()).toBe('up 1\n');
  });

  test('shows OpenMetrics to who would rather have that', async () => {
    const accept = 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.4';
    const response = await get('/metrics', { headers: { accept } });
    expect(response.headers.get('content-type')).toBe('application/openmetrics-text');
  });

  test('is fine until something is wrong, and says what', async () => {
    expect(await (await get('/healthz')).text()).toBe('ok\n');
    problems = { ready: 'pods: not listed yet' };
    const response = await get('/readyz');
    expect(response.status).toBe(503);
    expect(await response.text()).toBe('pods: not listed yet\n');
    expect((await get('/healthz')).status).toBe(200);
  });

  test('has a page that may load nothing', async () => {
    const response = await get('/');
    expect(await response.text()).toContain('<title>page');
    const policy = response.headers.get('content-security-policy');
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+'/);
    expect(policy).not.toContain('unsafe');
  });

  test('answers HEAD without a body', async () => {
    const response = await get('/metrics', { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  test.for(['/nothing', '/metrics/', '//', '/constructor', '/__proto__', '/%2e%2e/etc/passwd'])(
    'knows no %s',
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  test.for(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('takes no %s', async (method) => {
    const response = await get('/metrics', { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  test.for(['POST /metrics', 'GET /metrics', 'POST /nothing'])(
    'answers %s and reads no body to its end',
    async (request) => {
      const socket = await connect();
      const closed = once(socket, 'close');
      socket.write(`${request} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nhalf`);
      const answer = (await socket.setEncoding('utf8').toArray()).join('');
      await closed;
      expect(answer).toMatch(/^HTTP\/1\.1 \d{3} [^]*\r\nconnection: close\r\n/i);
    },
  );

  test.for(['CONNECT example.org:80 HTTP/1.1\r\n\r\n', 'nonsense\r\n\r\n', '\0\xff\r\n'])(
    'hangs up on %j',
    async (request) => {
      const socket = await connect();
      socket.resume().write(request, 'latin1');
      await once(socket, 'close');
      expect((await get('/healthz')).status).toBe(200);
    },
  );

  test('survives what cannot be shown', async () => {
    const broken = { ...shown(), page: async () => JSON.parse('{') };
    await using other = await StatusServer.listen({ host: '127.0.0.1', port: 0 }, broken);
    const response = await fetch(`http://127.0.0.1:${other.port}/`);
    expect(response.status).toBe(500);
    expect(errors).toHaveLength(1);
  });

  test.for(['/metrics', '/'])('renders %s once for all who ask at the same time', async (path) => {
    await Promise.all(Array.from({ length: 200 }, () => get(path).then((r) => r.text())));
    expect(renders).toBeLessThan(20);
  });

  test('has no word for what cannot be shown any longer when it has ended', async () => {
    const [asked, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<never>()];
    const page: StatusPages['page'] = async () => {
      asked.resolve();
      return closed.promise;
    };
    const other = await StatusServer.listen(LOCAL, { ...shown(), page });
    const asking = Promise.allSettled([fetch(`http://127.0.0.1:${other.port}/`)]);
    await asked.promise;
    await other[Symbol.asyncDispose]();
    closed.reject(new Error('database is not open'));
    const [answer] = await asking;
    expect(answer).toMatchObject({ status: 'rejected', reason: { message: 'fetch failed' } });
    expect(errors).toEqual([]);
  });

  test('lets the oldest connection go when there are too many, so that a probe gets through', async () => {
    const hanging: Socket[] = [];
    for (let n = 0; n < 100; n += 1) hanging.push(await connect());
    expect((await get('/healthz')).status).toBe(200);
    await expect.poll(() => hanging.filter(({ closed }) => closed).length).toBeGreaterThan(60);
  });

  test('says which address it could not have, and why', async () => {
    const taken = { host: '127.0.0.1', port: server.port };
    await expect(StatusServer.listen(taken, shown())).rejects.toMatchObject({
      code: 'E_LISTEN',
      message: expect.stringContaining(
        `Listening on 127.0.0.1:${server.port} failed: another process listens there. `,
      ),
    });
  });
});
