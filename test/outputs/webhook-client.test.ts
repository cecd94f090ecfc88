import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebhookClient } from '../../src/outputs/webhook-client.ts';
import type { WebhookTarget } from '../../src/outputs/webhook-target.ts';
import { type Certificate, makeCertificate } from '../support/certificates.ts';
import { queuedKill } from '../support/fake-backlog.ts';
import * as server from '../support/misbehaving-server.ts';
import { killFacts } from '../support/telemetry.ts';

/** However busy the machine is. */
const SOON = { timeout: 30_000 };
const NOW_MS = 1_795_262_401_900;

let certificate: Certificate;
let hook: server.MisbehavingServer;

beforeAll(() => {
  certificate = makeCertificate('hook');
});
beforeEach(async () => {
  hook = await server.startMisbehavingServer(certificate);
});
afterEach(async () => {
  await hook[Symbol.asyncDispose]();
});

function post(target: Partial<WebhookTarget> = {}, { limitMs = 10_000, episodes = 1 } = {}) {
  const url = `${hook.url}/hook?token=sesame`;
  const trusting = { url, ca: () => certificate.cert, taskTables: false, ...target };
  const env = { node: { name: 'node-1' }, nowMs: () => NOW_MS, limitMs };
  const batch = Array.from({ length: episodes }, (_, n) =>
    queuedKill(killFacts({ sequence: n }), n + 1),
  );
  const client = new WebhookClient(trusting, env);
  const delivery = { id: 1, enteredAtMs: 0, size: episodes, episodes: batch };
  return client.deliver(delivery).catch((err: unknown) => {
    throw Object.assign(err as Error, { failure: client.classify(err) });
  });
}

const away = { code: 'E_WEBHOOK_AWAY', retryable: true, failure: { means: 'away' } };
const refused = { code: 'E_WEBHOOK_REFUSED', retryable: false, failure: { means: 'final' } };

describe('a request', () => {
  test('has the episodes, and goes where the URL says', async () => {
    await expect(post({}, { episodes: 2 })).resolves.toBe('delivered');
    const [{ request, body } = { request: undefined, body: '' }] = hook.requests;
    expect([request?.method, request?.url]).toEqual(['POST', '/hook?token=sesame']);
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'oom-recorder',
      'x-oom-recorder-timestamp': '1795262401',
    });
    expect(request?.headers).not.toHaveProperty('x-oom-recorder-signature');
    const ids = (JSON.parse(body) as { episodes: { id: string }[] }).episodes.map(({ id }) => id);
    expect(ids).toEqual(['boot-1-0', 'boot-1-1']);
  });

  test('is signed as docs/webhook.md verifies it, with the secret as it is then', async () => {
    const docs = readFileSync(new URL('../../docs/webhook.md', import.meta.url), 'utf8');
    const example = /```js\n(?<code>.*?)```/s.exec(docs)?.groups?.['code'] ?? '';
    expect(example.trimEnd().split('\n')).toHaveLength(5);
    const { verify } = (await import(
      /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(example)}`
    )) as {
      verify: (secret: string, timestamp: string, signature: string, body: string) => boolean;
    };
    const secrets = ['old', 'new'];
    const secret = (): string => secrets.shift() ?? '';
    await post({ secret });
    await post({ secret });
    const verified = (secret: string, change = ''): boolean[] =>
      hook.requests.map(({ request: { headers }, body }) => {
        const signature = String(headers['x-oom-recorder-signature']);
        const timestamp = String(headers['x-oom-recorder-timestamp']);
        return verify(secret, timestamp, signature, body + change);
      });
    expect(verified('old')).toEqual([true, false]);
    expect(verified('new')).toEqual([false, true]);
    expect(verified('new', ' ')).toEqual([false, false]);
  });

  test('goes to a plain http server as well', async () => {
    const plain = createServer((request, response) =>
      request.resume().on('end', () => response.end()),
    );
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const { port } = plain.address() as AddressInfo;
    await expect(post({ url: `http://127.0.0.1:${port}/` })).resolves.toBe('delivered');
    plain.close();
  });

  test('of more than 1 MiB is not sent: half of it may be', async () => {
    await expect(post({}, { episodes: 4000 })).rejects.toMatchObject(refused);
    expect(hook.requests).toEqual([]);
  });
});

describe('an answer', () => {
  test.each([200, 201, 202, 204])('of %d is success', async (status) => {
    hook.behave(server.answerJson(status, {}));
    await expect(post()).resolves.toBe('delivered');
  });

  test.each([408, 425, 429, 500, 502, 503, 504])('of %d is asked again', async (status) => {
    hook.behave(server.answerJson(status, {}));
    await expect(post()).rejects.toMatchObject({
      ...away,
      message: expect.stringContaining(`HTTP ${status}`),
    });
  });

  test.each([301, 302, 307, 400, 401, 403, 404, 410, 413, 422])(
    'of %d is final',
    async (status) => {
      hook.behave(server.answerJson(status, {}, { Location: `${hook.url}/elsewhere` }));
      await expect(post()).rejects.toMatchObject(refused);
      expect(hook.requests).toHaveLength(1);
    },
  );

  test('says how long to stay away', async () => {
    hook.behave(server.answerJson(429, {}, { 'Retry-After': '17' }));
    await expect(post()).rejects.toMatchObject({
      failure: { means: 'away', retryAfterMs: 17_000 },
    });
  });

  test('is read no further than its head', async () => {
    hook.behave(({ response }) => pour(response.writeHead(200)));
    await expect(post()).resolves.toBe('delivered');
    hook.behave(({ response }) => pour(response.writeHead(500)));
    const before = process.memoryUsage().rss;
    await expect(post()).rejects.toMatchObject(away);
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });
});

describe('no answer', () => {
  test.each([
    ['is given', server.neverAnswer],
    ['is given, and the connection is', server.reset],
    [
      'ends',
      ({ response }: server.Exchange) => void response.socket?.write('HTTP/1.1 200 OK\r\nX: '),
    ],
  ])('%s: it is asked again', async (_, behaviour) => {
    hook.behave(behaviour);
    await expect(post({}, { limitMs: 200 })).rejects.toMatchObject(away);
    await expect
      .poll(() => hook.requests.every(({ request }) => request.socket.destroyed), SOON)
      .toBe(true);
  });

  test('comes from who is not trusted', async () => {
    const ca = (): string => makeCertificate('stranger').cert;
    await expect(post({ ca })).rejects.toMatchObject(away);
    expect(hook.requests).toEqual([]);
  });

  test('comes where nobody listens', async () => {
    hook.refuseConnections(true);
    await expect(post()).rejects.toMatchObject(away);
  });

  test.each(['secret', 'ca'] as const)('is asked for without the file of its %s', async (file) => {
    const gone = (): string => {
      throw new Error('ENOENT');
    };
    await expect(post({ [file]: gone })).rejects.toMatchObject({
      code: 'E_WEBHOOK_ACCESS',
      retryable: true,
      failure: { means: 'away' },
    });
    expect(hook.requests).toEqual([]);
  });
});

function pour(response: server.Exchange['response']): void {
  while (!response.destroyed && response.write('x'.repeat(65_536)));
  response.once('drain', () => pour(response));
}
