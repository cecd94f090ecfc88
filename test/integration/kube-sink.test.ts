import { readFileSync } from 'node:fs';
import { describe, expect, vi } from 'vitest';
import { ApiClient } from '../../src/kube/api-client.ts';
import { loadKubeconfig } from '../../src/kube/load-cluster.ts';
import { KubeSink } from '../../src/post/kube-sink.ts';
import { EventPoster } from '../../src/post/post-events.ts';
import type { RecordedEvent } from '../../src/correlator/recorded-event.ts';
import type { PostOutcome } from '../../src/post/post-report.ts';
import { testWithCluster } from '../support/cluster.ts';
import { ensureNamespace } from '../support/cluster-objects.ts';
import { FakeOutbox, makeEvent } from '../support/fake-outbox.ts';
import { mountServiceAccount } from '../support/service-account.ts';
import { SYSTEM_CLOCK } from '../support/system-clock.ts';

const PATCH = { count: 2, lastTimestamp: '2024-01-01T00:00:00Z', message: 'again' };
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

const test = testWithCluster().extend<{ client: ApiClient; sink: KubeSink }>({
  client: async ({ cluster }, use) => {
    await using client = new ApiClient(loadKubeconfig(cluster.kubeconfig, {}));
    await ensureNamespace(cluster, 'shop');
    await use(client);
  },
  sink: async ({ client }, use) => {
    await use(new KubeSink(client));
  },
});

/** An Event in the namespace of the test, unless in another. */
function stored(object: string, namespace = 'shop'): RecordedEvent {
  const event = makeEvent(object);
  event.source = { component: 'oom-recorder', host: 'node-1' };
  event.metadata.namespace = namespace;
  event.involvedObject.namespace = namespace;
  return event;
}

function readBack(client: ApiClient, { metadata }: RecordedEvent): Promise<unknown> {
  return client.getJson(`/api/v1/namespaces/${metadata.namespace}/events/${metadata.name}`);
}

describe('a real API server', () => {
  test('takes an Event, once, and its patch', async ({ client, sink }) => {
    const event = stored('web');
    await sink.create(event);
    await expect(sink.create(event)).rejects.toMatchObject({ code: 'E_API_EXISTS' });
    await sink.patch(event, PATCH);
    expect(await readBack(client, event)).toMatchObject({
      ...PATCH,
      firstTimestamp: '2024-01-01T00:00:00Z',
      involvedObject: { name: 'web' },
      source: { host: 'node-1' },
    });
  });

  test('knows no Event that expired', async ({ sink }) => {
    await expect(sink.patch(stored('gone'), PATCH)).rejects.toMatchObject({
      code: 'E_API_NOT_FOUND',
      subjectKind: 'events',
    });
  });

  test('says which namespace is not there', async ({ sink }) => {
    await expect(sink.create(stored('web', 'nowhere'))).rejects.toMatchObject({
      code: 'E_API_NOT_FOUND',
      retryable: false,
      subjectKind: 'namespaces',
    });
  });

  test('refuses a create in a namespace that is going, and still takes a patch', async ({
    cluster,
    client,
    sink,
  }) => {
    await cluster.kubectl(['create', 'namespace', 'going']);
    const event = stored('web', 'going');
    await sink.create(event);
    await cluster.kubectl(['delete', 'namespace', 'going', '--wait=false']);
    await expect(sink.create(stored('db', 'going'))).rejects.toMatchObject({
      code: 'E_API_FORBIDDEN',
      retryable: false,
      causes: ['NamespaceTerminating'],
    });
    await sink.patch(event, PATCH);
    expect(await readBack(client, event)).toMatchObject({ count: 2 });
  });

  test('refuses for good an Event about an object of another namespace', async ({ sink }) => {
    const event = stored('web');
    event.involvedObject.namespace = 'other';
    const refused = { code: 'E_API_REFUSED', status: 422, retryable: false, reason: 'Invalid' };
    await expect(sink.create(event)).rejects.toMatchObject(refused);
  });

  test('tells a token without rights from one that is wrong', async ({ cluster }) => {
    await cluster.kubectl(['create', 'serviceaccount', 'stranger', '-n', 'default']);
    const { token } = await cluster.tokenFor('default', 'stranger');
    const ca = readFileSync(cluster.caFile, 'utf8');
    const account = mountServiceAccount(cluster.url, ca, token);
    await using client = new ApiClient(account.access);
    const sink = new KubeSink(client);
    const forbidden = { code: 'E_API_FORBIDDEN', retryable: true, causes: [] };
    await expect(sink.create(stored('web'))).rejects.toMatchObject(forbidden);

    account.rotateToken('nonsense');
    const unauthorized = { code: 'E_API_UNAUTHORIZED', retryable: true };
    await expect(sink.create(stored('web'))).rejects.toMatchObject(unauthorized);
  });

  test('watches with bookmarks over a connection of its own', async ({ client, sink }) => {
    const stop = new AbortController();
    const query = { watch: true, fieldSelector: 'involvedObject.name=seen' };
    const body = await client.getStream('/api/v1/namespaces/shop/events', query, stop.signal);
    const chunks = body[Symbol.asyncIterator]();
    await sink.create(stored('seen'));
    const { value } = await chunks.next();
    expect(Buffer.from(value).toString()).toContain('"type":"ADDED"');
    stop.abort();
    await expect(chunks.next()).rejects.toMatchObject({ code: 'E_API_CANCELLED' });
  });

  test('gets after an outage everything that waited, once and with its count', async ({
    cluster,
    client,
    sink,
  }) => {
    const outbox = new FakeOutbox();
    const tally: PostOutcome[] = [];
    const env = {
      clock: SYSTEM_CLOCK,
      random: Math.random,
      log: SILENT,
      tally: (outcome: PostOutcome) => tally.push(outcome),
    };
    const poster = new EventPoster(outbox, sink, env);

    await cluster.stopApiServer();
    for (let n = 0; n < 50; n += 1) {
      const event = stored(`waits-${n}`);
      outbox.addCreate(event, Date.now());
      outbox.addPatch(Object.assign(stored(`waits-${n}`), { count: 2 }), Date.now());
    }
    poster.wake();
    await vi.waitFor(() => expect(tally.length).toBeGreaterThan(4));
    await cluster.startApiServer();
    await vi.waitFor(() => expect(outbox.rows).toEqual([]), { timeout: 50_000 });

    expect(tally.filter((outcome) => outcome === 'created')).toHaveLength(50);
    expect(tally.filter((outcome) => outcome === 'patched')).toHaveLength(50);
    expect(await readBack(client, stored('waits-49'))).toMatchObject({ count: 2 });
  });
});

function ignore(): void {}
