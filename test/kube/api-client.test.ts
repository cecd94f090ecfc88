import { text } from 'node:stream/consumers';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ApiClient } from '../../src/kube/api-client.ts';
import { MAX_OBJECT_BYTES } from '../../src/kube/json-text.ts';
import { type Certificate, makeCertificate } from '../support/certificates.ts';
import { failure } from '../support/failure.ts';
import { answerInPieces } from '../support/pod-list-body.ts';
import { mountServiceAccount, type ServiceAccount } from '../support/service-account.ts';
import * as server from '../support/misbehaving-server.ts';

/** Short enough for a test, long enough for a TLS handshake on a loaded machine. */
const TIMEOUTS = { connectMs: 20_000, requestMs: 20_000 };
/** For the cases that wait for the time-out. */
const IMPATIENT = { connectMs: 1000, requestMs: 1000 };
const JSON_TYPE = { 'Content-Type': 'application/json' };

let first: Certificate;
let second: Certificate;
let api: server.MisbehavingServer;
let account: ServiceAccount;
let client: ApiClient;

beforeAll(() => {
  first = makeCertificate('first');
  second = makeCertificate('second');
});
beforeEach(async () => {
  api = await server.startMisbehavingServer(first);
  account = mountServiceAccount(api.url, first.cert);
  client = new ApiClient(account.access, TIMEOUTS);
});
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

describe('getDated', () => {
  const MS = Date.UTC(2026, 10, 22, 12);

  test.each([
    ['the server’s time', { Date: new Date(MS).toUTCString() }, MS],
    ['none where it is no time', { Date: 'yesterday' }, undefined],
  ])('brings the document and %s', async (_what, headers, dateMs) => {
    api.behave(server.answerJson(200, { gitVersion: 'v1' }, headers));
    expect(await client.getDated('/version')).toEqual({ document: { gitVersion: 'v1' }, dateMs });
  });
});

describe('getJson', () => {
  test('asks with the token, the query and nothing undefined', async () => {
    api.behave(server.answerJson(200, { kind: 'PodList' }));

    const answer = await client.getJson('/api/v1/pods', { limit: 5, watch: false, x: undefined });

    expect(answer).toEqual({ kind: 'PodList' });
    const [asked] = api.requests;
    expect(asked?.request.url).toBe('/api/v1/pods?limit=5&watch=false');
    expect(asked?.request.headers).toMatchObject({
      authorization: 'Bearer first-token',
      accept: 'application/json',
      'user-agent': 'oom-recorder',
    });
  });

  test.each([
    ['never answers', server.neverAnswer, 'E_API_TIMEOUT'],
    ['stalls in the body', server.stallInBody, 'E_API_TIMEOUT'],
    ['resets', server.reset, 'E_API_UNREACHABLE'],
    ['answers a page', server.answerHtml, 'E_API_GARBLED'],
  ])('fails, to be retried, when the server %s', async (_name, behaviour, code) => {
    const timeouts = code === 'E_API_TIMEOUT' ? IMPATIENT : TIMEOUTS;
    await using asking = new ApiClient(account.access, timeouts);
    api.behave(behaviour);
    expect(await failure(asking.getJson('/x'))).toMatchObject({ code, retryable: true });
  });

  test('takes no answer that is larger than any object', async () => {
    api.behave(answerInPieces(() => ['"', 'x'.repeat(MAX_OBJECT_BYTES), '"']));
    expect(await failure(client.getJson('/x'))).toMatchObject({
      code: 'E_API_UNREACHABLE',
      cause: { code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' },
    });
  });

  test('fails, to be retried, when nothing listens there', async () => {
    const gone = mountServiceAccount('https://127.0.0.1:1', first.cert);
    await using nobody = new ApiClient(gone.access, TIMEOUTS);
    expect(await failure(nobody.getJson('/x'))).toMatchObject({
      code: 'E_API_UNREACHABLE',
      retryable: true,
    });
  });

  test('is usable again after time-outs that held every connection', async () => {
    await using impatient = new ApiClient(account.access, IMPATIENT);
    api.behave(server.neverAnswer);
    await Promise.all([1, 2, 3, 4].map(() => failure(impatient.getJson('/x'))));

    api.behave(server.answerJson(200, { ok: true }));
    expect(await impatient.getJson('/x')).toEqual({ ok: true });
  });

  test('ends at once when its signal is aborted', async () => {
    api.behave(server.neverAnswer);
    const stop = new AbortController();
    const asked = failure(client.getJson('/x', {}, stop.signal));
    stop.abort(new Error('shutting down'));
    expect(await asked).toMatchObject({ code: 'E_API_CANCELLED', retryable: true });
  });
});

describe('credentials', () => {
  test('sends the new token after the file changed, a 401 in between or not', async () => {
    api.behave((exchange) => {
      const good = exchange.request.headers.authorization === 'Bearer second-token';
      server.answerStatus(good ? 200 : 401)(exchange);
    });
    const refused = await failure(client.getJson('/x'));
    expect(refused).toMatchObject({ code: 'E_API_UNAUTHORIZED', retryable: true, status: 401 });

    account.rotateToken('second-token');
    await client.getJson('/x');
  });

  test('trusts the new authority after the CA file changed', async () => {
    await client.getJson('/x');
    api.present(second);
    api.hangUp();
    expect(await failure(client.getJson('/x'))).toMatchObject({ code: 'E_API_UNREACHABLE' });

    account.rotateCa(second.cert);
    expect(await client.getJson('/x')).toEqual({});
  });

  test('fails, to be retried, while the token file is away', async () => {
    account.loseToken();
    expect(await failure(client.getJson('/x'))).toMatchObject({
      code: 'E_API_CREDENTIALS',
      retryable: true,
    });
  });
});

describe('getStream', () => {
  const forever = new AbortController().signal;

  test('resolves with the headers and hands over the chunks as they come', async () => {
    api.behave(({ response }) => response.writeHead(200, JSON_TYPE).write('one'));
    const body = await client.getStream('/watch', { watch: true }, forever);
    const chunks = body[Symbol.asyncIterator]();

    expect(Buffer.from((await chunks.next()).value).toString()).toBe('one');
    api.requests[0]?.response.write('two');
    expect(Buffer.from((await chunks.next()).value).toString()).toBe('two');
    await chunks.return?.();
  });

  test.each([
    ['refuses', server.answerStatus(410, { reason: 'Expired' }), 'E_API_GONE', 410, 'Expired'],
    ['answers a page', server.answerHtml, 'E_API_GARBLED', 200, undefined],
  ])('fails when the server %s', async (_name, behaviour, code, status, reason) => {
    api.behave(behaviour);
    const asked = client.getStream('/watch', {}, forever);
    expect(await failure(asked)).toMatchObject({ code, status, reason, retryable: true });
  });

  test('quotes no more than the beginning of a page that never ends', async () => {
    api.behave(({ response }) => {
      response.writeHead(503).write('x'.repeat(1024 * 1024 + 1));
    });
    const { cause } = await failure(client.getStream('/watch', {}, forever));
    expect(String(cause)).toHaveLength('Error: '.length + 1024);
  });

  test('outlives the time-out of a request, but not its own silence', async () => {
    await using impatient = new ApiClient(account.access, IMPATIENT);
    api.behave(server.stallInBody);
    const startedMs = performance.now();
    const body = await impatient.getStream('/watch', {}, forever, 700);
    const silent = await failure(text(body));
    expect(silent).toMatchObject({ code: 'E_API_TIMEOUT', retryable: true });
    expect(performance.now() - startedMs).toBeGreaterThan(600);
  });

  test.each([
    ['never answers', server.neverAnswer, 'E_API_TIMEOUT'],
    ['resets', server.reset, 'E_API_UNREACHABLE'],
  ])('fails, to be retried, when the server %s', async (_name, behaviour, code) => {
    await using impatient = new ApiClient(account.access, IMPATIENT);
    api.behave(behaviour);
    const asked = impatient.getStream('/watch', {}, forever);
    expect(await failure(asked)).toMatchObject({ code, retryable: true });
  });

  test.each([
    ['its signal is aborted', 'E_API_CANCELLED'],
    ['the connection breaks', 'E_API_UNREACHABLE'],
  ])('ends when %s', async (how, code) => {
    api.behave(server.stallInBody);
    const stop = new AbortController();
    const body = await client.getStream('/watch', {}, stop.signal);
    const reading = failure(text(body));
    if (how.includes('signal')) stop.abort();
    else api.hangUp();
    expect(await reading).toMatchObject({ code });
  });

  test('does not take a connection from the requests', async () => {
    api.behave(({ response }) => response.writeHead(200, JSON_TYPE).write('x'));
    const stop = new AbortController();
    await Promise.all([1, 2].map(() => client.getStream('/watch', {}, stop.signal)));
    api.behave(server.answerJson(200, {}));
    const answers = await Promise.all([1, 2, 3].map(() => client.getJson('/x')));
    expect(answers).toHaveLength(3);
    stop.abort();
  });
});
