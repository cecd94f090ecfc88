import { setTimeout as sleep } from 'node:timers/promises';
import { from } from 'rxjs';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiClient } from '../../src/kube/api-client.ts';
import type { ApiError } from '../../src/kube/api-errors.ts';
import { kubePods } from '../../src/reflector/kube-pods.ts';
import { LiveDirectory } from '../../src/reflector/live-directory.ts';
import type { PodApi, WatchEvent } from '../../src/reflector/list-and-watch.ts';
import { type Certificate, makeCertificate } from '../support/certificates.ts';
import { hurriedScheduler } from '../support/hurried-scheduler.ts';
import * as server from '../support/misbehaving-server.ts';
import { entryOf, podJson } from '../support/pod-json.ts';
import { answerInPieces, goJson, hugePod, podListBody } from '../support/pod-list-body.ts';
import { mountServiceAccount, type ServiceAccount } from '../support/service-account.ts';

const TIMEOUTS = { connectMs: 2000, requestMs: 2000 };
const ADDED = { type: 'ADDED', object: podJson({ name: 'a', resourceVersion: '11' }) };
const TOO_LARGE_LINE = `${'x'.repeat(10 * 1024 * 1024 + 1)}\n`;
const AHEAD = 'E_API_UNAVAILABLE 504 ResourceVersionTooLarge';
const GONE = { message: 'too old resource version: 1 (9)', reason: 'Expired' };
const TOO_LARGE = {
  message: 'Too large resource version: 9, current: 1',
  reason: 'Timeout',
  details: {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
  },
};

let certificate: Certificate;
let web: server.MisbehavingServer;
let account: ServiceAccount;
let client: ApiClient;
let api: PodApi;

beforeAll(() => {
  certificate = makeCertificate('kube-pods');
});
beforeEach(async () => {
  web = await server.startMisbehavingServer(certificate);
  account = mountServiceAccount(web.url, certificate.cert);
  client = new ApiClient(account.access, TIMEOUTS);
  api = kubePods(client, 'node-1');
});
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await web[Symbol.asyncDispose]();
});

/** A 200 with these lines, and then whatever `end` does. */
function stream(
  lines: readonly (object | string)[],
  end: (exchange: server.Exchange) => void = ({ response }) => response.end(),
): server.Behaviour {
  return (exchange) => {
    const { response } = exchange;
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    for (const line of lines) {
      response.write(typeof line === 'string' ? line : `${JSON.stringify(line)}\n`);
    }
    // What was written must be on its way before the connection goes.
    setTimeout(() => end(exchange), 20);
  };
}

/** An ERROR event as the API server sends it: its object is a Status. */
function error(code: number, status: object): object {
  return { type: 'ERROR', object: { kind: 'Status', code, ...status } };
}

/** Two pods arrive whole, then the connection goes. */
const breakOffInList: server.Behaviour = ({ request, response }) => {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  const pods = ['a', 'b'].map((name) => goJson(podJson({ name })));
  response.write([...podListBody(pods)].slice(0, -1).join(''), () => request.socket.destroy());
};

const isWatch = ({ request }: server.Exchange): boolean => request.url?.includes('watch=') === true;

function tell({ code, status, causes }: ApiError): string {
  return [code, status, ...causes].filter((fact) => fact !== undefined).join(' ');
}

/** The types of the events of one watch, and why it failed, if it did. */
async function watch(signal = new AbortController().signal): Promise<string[]> {
  const said: string[] = [];
  return new Promise((resolve) => {
    from(api.watch('9', 300, signal)).subscribe({
      next: ({ type }: WatchEvent) => said.push(type),
      error: (err: ApiError) => resolve([...said, tell(err)]),
      complete: () => resolve(said),
    });
  });
}

async function listFailure(): Promise<ApiError> {
  return new Promise((resolve, reject) => {
    const list$ = from(api.list('0', new AbortController().signal));
    list$.subscribe({ error: resolve, complete: () => reject(new Error('it succeeded')) });
  });
}

describe('kubePods', () => {
  test("lists this node's pods", async () => {
    const list = { metadata: { resourceVersion: '10' }, items: [podJson()] };
    web.behave(server.answerJson(200, list));
    const answer = await api.list('0', new AbortController().signal);
    expect(answer).toEqual({ resourceVersion: '10', pods: [entryOf()], skipped: [] });
    const { searchParams, pathname } = new URL(web.requests[0]?.request.url ?? '', web.url);
    expect(pathname).toBe('/api/v1/pods');
    expect(Object.fromEntries(searchParams)).toEqual({
      fieldSelector: 'spec.nodeName=node-1',
      resourceVersion: '0',
    });
  });

  test('reads a list of nothing', async () => {
    web.behave(server.answerJson(200, { metadata: { resourceVersion: '1' }, items: null }));
    const answer = await api.list('0', new AbortController().signal);
    expect(answer).toEqual({ resourceVersion: '1', pods: [], skipped: [] });
  });

  test('finds a pod among 60 of a hostile neighbour, 84 MB in all', async () => {
    const huge = goJson(hugePod('huge', 1_400_000));
    const pods = [...Array.from({ length: 60 }, () => huge), goJson(podJson({ name: 'victim' }))];
    web.behave(answerInPieces(() => podListBody(pods)));
    const directory = new LiveDirectory(() => Date.now());
    const following = directory.follow(api, { random: () => 0 });
    const isAnswered = (): boolean => directory.state.lists + directory.state.failures > 0;
    await vi.waitUntil(isAnswered, { timeout: 30_000 });
    following.unsubscribe();
    expect(directory.state.lastError).toBeUndefined();
    expect(directory.byCgroupUid('uid-of-victim')?.name).toBe('victim');
  });

  test.each<[string, server.Behaviour, string]>([
    ['410', server.answerStatus(410, GONE), 'E_API_GONE 410'],
    ['a version ahead of the server', server.answerStatus(504, TOO_LARGE), AHEAD],
    ['429', server.answerStatus(429, {}, { 'Retry-After': '3' }), 'E_API_UNAVAILABLE 429'],
    ['503', server.answerStatus(503), 'E_API_UNAVAILABLE 503'],
    ['401', server.answerStatus(401), 'E_API_UNAUTHORIZED 401'],
    ['403', server.answerStatus(403), 'E_API_FORBIDDEN 403'],
    ['a page to log in', server.answerHtml, 'E_API_GARBLED 200'],
    ['another document', server.answerJson(200, { kind: 'Namespace' }), 'E_API_GARBLED'],
    ['a list without a version', server.answerJson(200, { items: [] }), 'E_API_GARBLED'],
    ['half a list', answerInPieces(() => ['{"items":[', '{"metadata":{}},']), 'E_API_GARBLED'],
    ['a list that breaks off', breakOffInList, 'E_API_UNREACHABLE'],
    ['a reset', server.reset, 'E_API_UNREACHABLE'],
    ['silence', server.neverAnswer, 'E_API_TIMEOUT'],
  ])('a list fails after %s', async (_, behaviour, reason) => {
    web.behave(behaviour);
    const failure = await listFailure();
    expect(tell(failure)).toBe(reason);
    expect(failure.retryAfterMs).toBe(reason.endsWith('429') ? 3000 : undefined);
  });

  test('watches from a version, with bookmarks and an end', async () => {
    web.behave(stream([ADDED, { ...ADDED, type: 'MODIFIED' }, { ...ADDED, type: 'DELETED' }]));
    expect(await watch()).toEqual(['OPENED', 'ADDED', 'MODIFIED', 'DELETED']);
    const { searchParams } = new URL(web.requests[0]?.request.url ?? '', web.url);
    expect(Object.fromEntries(searchParams)).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      fieldSelector: 'spec.nodeName=node-1',
      resourceVersion: '9',
      timeoutSeconds: '300',
    });
  });

  test('says that a watch is open before there is anything to say', async () => {
    web.behave(stream([], () => {}));
    const controller = new AbortController();
    const opened = new Promise((resolve) => {
      from(api.watch('9', 300, controller.signal)).subscribe({ next: resolve, error: () => {} });
    });
    expect(await opened).toEqual({ type: 'OPENED' });
    controller.abort();
  });

  test.each<[string, server.Behaviour, readonly string[]]>([
    ['HTTP 410', server.answerStatus(410, GONE), ['E_API_GONE 410']],
    ['an event of 410', stream([ADDED, error(410, GONE)]), ['OPENED', 'ADDED', 'E_API_GONE 410']],
    ['a version ahead of the server', server.answerStatus(504, TOO_LARGE), [AHEAD]],
    ['an event of 500', stream([error(500, {})]), ['OPENED', 'E_API_UNAVAILABLE 500']],
    ['an event of nothing', stream([{ type: 'ERROR' }]), ['OPENED', 'E_API_GARBLED NaN']],
    ['HTTP 429', server.answerStatus(429), ['E_API_UNAVAILABLE 429']],
    ['HTTP 503', server.answerStatus(503), ['E_API_UNAVAILABLE 503']],
    ['a page to log in', server.answerHtml, ['E_API_GARBLED 200']],
    ['garbage', stream([ADDED, 'garbage\n']), ['OPENED', 'ADDED', 'E_API_GARBLED']],
    ['JSON of another kind', stream([{ kind: 'PodList' }]), ['OPENED', 'E_API_GARBLED']],
    ['a line too large to read', stream([TOO_LARGE_LINE, ADDED]), ['OPENED', 'TOO_LARGE', 'ADDED']],
    [
      'half a line at the end',
      stream([ADDED, '{"type":']),
      ['OPENED', 'ADDED', 'E_API_UNREACHABLE'],
    ],
    [
      'a reset in a line',
      stream([ADDED, '{"type":'], ({ request }) => request.socket.destroy()),
      ['OPENED', 'ADDED', 'E_API_UNREACHABLE'],
    ],
    ['a reset before the answer', server.reset, ['E_API_UNREACHABLE']],
  ])('a watch ends after %s', async (_, behaviour, said) => {
    web.behave(behaviour);
    expect(await watch()).toEqual(said);
  });

  test('closes its connection when nobody watches any more', async () => {
    const closed = new Promise((resolve) => {
      web.behave(stream([ADDED], ({ request }) => request.socket.once('close', resolve)));
    });
    const controller = new AbortController();
    const subscription = from(api.watch('9', 300, controller.signal)).subscribe();
    await sleep(100);
    subscription.unsubscribe();
    controller.abort();
    await closed;
    expect(web.requests).toHaveLength(1);
  });
});

describe('a directory over a server that misbehaves', () => {
  /** Everything a server can do wrong, one after the other. */
  const troubles: readonly server.Behaviour[] = [
    stream([ADDED], ({ request }) => request.socket.destroy()),
    stream([ADDED, '{"half']),
    stream([ADDED, 'garbage\n']),
    stream([{ type: 'ERROR', object: { code: 410 } }]),
    server.answerStatus(410, GONE),
    server.answerStatus(429),
    server.answerStatus(503),
    server.answerStatus(401),
    server.answerHtml,
    server.reset,
    stream([ADDED]),
  ];

  test('holds no more after 200 reconnections than after 20', async () => {
    let watches = 0;
    web.behave((exchange) => {
      const list = { metadata: { resourceVersion: '10' }, items: [podJson()] };
      if (!isWatch(exchange)) return server.answerJson(200, list)(exchange);
      watches += 1;
      troubles[watches % troubles.length]?.(exchange);
    });
    const directory = new LiveDirectory(() => Date.now());
    const env = { random: () => 0, scheduler: hurriedScheduler(2000) };
    const following = directory.follow(api, env);
    const held = async (count: number): Promise<{ sockets: number; timers: number }> => {
      await vi.waitUntil(() => watches >= count, { timeout: 20_000, interval: 5 });
      const names = process.getActiveResourcesInfo();
      const sockets = names.filter((name) => /^(?:TCPSocket|TLS)Wrap$/.test(name)).length;
      return { sockets, timers: names.filter((name) => name === 'Timeout').length };
    };
    const before = await held(20);
    const after = await held(220);
    following.unsubscribe();

    expect(after.sockets).toBeLessThanOrEqual(before.sockets + 4);
    expect(after.timers).toBeLessThanOrEqual(before.timers + 4);
    expect(directory.byCgroupUid('uid-of-web')?.name).toBe('web');
  }, 30_000);

  test('reads the token again when it has expired', async () => {
    const list = { metadata: { resourceVersion: '10' }, items: [podJson()] };
    web.behave((exchange) => {
      const fresh = exchange.request.headers.authorization === 'Bearer second';
      if (!fresh) return server.answerStatus(401)(exchange);
      return isWatch(exchange)
        ? stream([], () => {})(exchange)
        : server.answerJson(200, list)(exchange);
    });
    const directory = new LiveDirectory(() => Date.now());
    const live = new Promise<void>((resolve) => {
      directory.live$.subscribe((now) => now && resolve());
    });
    const following = directory.follow(api, { random: () => 0, scheduler: hurriedScheduler(100) });
    await sleep(50);
    account.rotateToken('second');
    await live;
    following.unsubscribe();
    expect(directory.byCgroupUid('uid-of-web')?.name).toBe('web');
  });
});
