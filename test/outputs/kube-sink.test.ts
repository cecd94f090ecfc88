import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ApiClient } from '../../src/kube/api-client.ts';
import { KubeSink } from '../../src/outputs/kube-sink.ts';
import { type Certificate, makeCertificate } from '../support/certificates.ts';
import { failure } from '../support/failure.ts';
import { mountServiceAccount, type ServiceAccount } from '../support/service-account.ts';
import { makeEvent } from '../support/fake-outbox.ts';
import * as server from '../support/misbehaving-server.ts';

/** Long enough for 200 requests on a loaded machine. */
const TIMEOUTS = { connectMs: 10_000, requestMs: 30_000 };
/** For the cases that wait for the time-out. */
const IMPATIENT = { connectMs: 500, requestMs: 500 };
const PATCH = { count: 2, lastTimestamp: '2024-01-01T00:00:00Z', message: 'again' };

let certificate: Certificate;
let api: server.MisbehavingServer;
let account: ServiceAccount;
let client: ApiClient;
let sink: KubeSink;

beforeAll(() => {
  certificate = makeCertificate('api');
});
beforeEach(async () => {
  api = await server.startMisbehavingServer(certificate);
  account = mountServiceAccount(api.url, certificate.cert);
  client = new ApiClient(account.access, TIMEOUTS);
  sink = new KubeSink(client);
});
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

describe('create', () => {
  test('posts the whole Event', async () => {
    api.behave(server.echo);
    const event = makeEvent('web');
    await sink.create(event);

    const [asked] = api.requests;
    expect(asked?.request.method).toBe('POST');
    expect(asked?.request.url).toBe('/api/v1/namespaces/shop/events');
    expect(asked?.request.headers['content-type']).toBe('application/json');
    expect(JSON.parse(asked?.body ?? '')).toEqual(JSON.parse(JSON.stringify(event)));
  });

  test('completes at most two TLS handshakes for 200 Events', async () => {
    api.behave(server.echo);
    const events = Array.from({ length: 200 }, (_, n) => makeEvent('web', n));
    await Promise.all(events.map((event) => sink.create(event)));
    expect(api.requests).toHaveLength(200);
    expect(api.handshakes).toBeLessThanOrEqual(2);
  });
});

describe('patch', () => {
  test('sends exactly what changed, as a strategic merge', async () => {
    api.behave(server.answerJson(200, makeEvent('web', 1, 2)));
    await sink.patch(makeEvent('web'), PATCH);

    const [asked] = api.requests;
    expect(asked?.request.method).toBe('PATCH');
    expect(asked?.request.url).toBe('/api/v1/namespaces/shop/events/web.0000000000000001');
    expect(asked?.request.headers['content-type']).toBe('application/strategic-merge-patch+json');
    expect(JSON.parse(asked?.body ?? '')).toEqual(PATCH);
  });

  test('sends the bytes client-go would', async () => {
    api.behave(server.answerJson(200, makeEvent('web', 1, 2)));
    const message = 'killed process <a&b> \u2028 "ü"';
    const { count, lastTimestamp } = PATCH;
    await sink.patch(makeEvent('web'), { message, lastTimestamp, count });
    expect(api.requests[0]?.body).toBe(
      String.raw`{"count":2,"lastTimestamp":"2024-01-01T00:00:00Z","message":"killed process \u003ca\u0026b\u003e \u2028 \"ü\""}`,
    );
  });

  test('fails as not found when the Event expired', async () => {
    api.behave(server.answerStatus(404, { reason: 'NotFound', details: { kind: 'events' } }));
    expect(await failure(sink.patch(makeEvent('web'), PATCH))).toMatchObject({
      code: 'E_API_NOT_FOUND',
      retryable: false,
    });
  });
});

describe('a request that cannot be built', () => {
  const final = { code: 'E_API_REQUEST', retryable: false };
  const timeless = { ...makeEvent('web'), lastTimestamp: new Date(Number.NaN) };
  const homeless = Object.assign(makeEvent('web'), { metadata: { name: 'web.1' } });
  const halfACharacter = { ...makeEvent('web'), metadata: { name: 'a', namespace: '\uD800' } };

  test.each([
    ['a time that is none', timeless],
    ['no namespace', homeless],
    ['a namespace that is no text', halfACharacter],
  ])('is final, and does not reach the server: %s', async (_name, event) => {
    expect(await failure(sink.create(event))).toMatchObject(final);
    expect(api.requests).toEqual([]);
  });

  test('is final for a patch as well', async () => {
    expect(await failure(sink.patch(halfACharacter, PATCH))).toMatchObject(final);
    expect(api.requests).toEqual([]);
  });
});

describe('a server that misbehaves', () => {
  const notIterable = { kind: 'Event', metadata: { ownerReferences: 5 } };
  test.each([
    ['never answers', server.neverAnswer, 'E_API_TIMEOUT'],
    ['stalls in the body', server.stallInBody, 'E_API_TIMEOUT'],
    ['resets', server.reset, 'E_API_UNREACHABLE'],
    ['answers 200 with a page', server.answerHtml, 'E_API_GARBLED'],
    ['answers 200 with another kind', server.answerJson(200, { kind: 'Pod' }), 'E_API_GARBLED'],
    ['answers 200 with null', server.answerJson(200, null), 'E_API_GARBLED'],
    ['answers an Event that cannot be read', server.answerJson(200, notIterable), 'E_API_GARBLED'],
    ['answers 302', server.answerJson(302, {}, { Location: '/login' }), 'E_API_UNAVAILABLE'],
    ['answers 500', server.answerStatus(500), 'E_API_UNAVAILABLE'],
    ['answers 429', server.answerStatus(429), 'E_API_UNAVAILABLE'],
  ])('is to be asked again when it %s', async (_name, behaviour, code) => {
    const timeouts = code === 'E_API_TIMEOUT' ? IMPATIENT : TIMEOUTS;
    await using client = new ApiClient(account.access, timeouts);
    const sink = new KubeSink(client);
    api.behave(behaviour);
    expect(await failure(sink.create(makeEvent('web')))).toMatchObject({ code, retryable: true });
    expect(await failure(sink.patch(makeEvent('web'), PATCH))).toMatchObject({
      code,
      retryable: true,
    });
  });

  test('says how long to stay away', async () => {
    api.behave(server.answerStatus(429, {}, { 'Retry-After': '17' }));
    expect(await failure(sink.create(makeEvent('web')))).toMatchObject({ retryAfterMs: 17_000 });
    api.behave(server.answerStatus(429));
    const { retryAfterMs } = await failure(sink.create(makeEvent('web')));
    expect(retryAfterMs).toBeUndefined();
  });

  test('is spoken to again after 401, with the token that replaced the refused one', async () => {
    api.behave((exchange) => {
      const good = exchange.request.headers.authorization === 'Bearer second';
      (good ? server.echo : server.answerStatus(401))(exchange);
    });
    expect(await failure(sink.create(makeEvent('web')))).toMatchObject({
      code: 'E_API_UNAUTHORIZED',
      retryable: true,
    });
    account.rotateToken('second');
    await sink.create(makeEvent('web'));
  });

  test('keeps its connections through 100 refusals', async () => {
    api.behave(server.answerStatus(401));
    await Promise.all(Array.from({ length: 100 }, () => failure(sink.create(makeEvent('web')))));
    expect(api.handshakes).toBeLessThanOrEqual(2);
  });
});
