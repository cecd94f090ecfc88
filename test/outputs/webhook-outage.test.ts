import { createHmac } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { WebhookClient } from '../../src/outputs/webhook-client.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { Counters } from '../../src/telemetry/counters.ts';
import { openOutputs } from '../../src/wiring/open-outputs.ts';
import { openLog } from '../../src/log.ts';
import { type Certificate, makeCertificate } from '../support/certificates.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { makeEpisode } from '../support/make-episode.ts';
import * as server from '../support/misbehaving-server.ts';
import { tempDirectory } from '../support/temp-directory.ts';

const BOOT = '3f1c2b9e-6d0a-4c39-9a51-0c7f2f6f9a10';
const SECRET = 'sesame';
const MINUTE_MS = 60_000;
const NODE = { subjects: [{ kind: 'node' }], source: 'none' } as const;

let certificate: Certificate;
let hook: server.MisbehavingServer;
let clock: FakeClock;
let directory: string;
let said: string;

beforeAll(() => {
  certificate = makeCertificate('hook');
});
beforeEach(async () => {
  hook = await server.startMisbehavingServer(certificate);
  clock = new FakeClock();
  directory = tempDirectory();
  said = '';
});
afterEach(async () => {
  await hook[Symbol.asyncDispose]();
});

/** Waits for what a connection to this machine takes, however busy it is. */
function until(isSo: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(isSo, { timeout: 30_000 });
}

/** An agent's store and its webhook, as `run` puts them together. */
function start() {
  const log = openLog({ level: 'debug', format: 'json' }, (text) => (said += text));
  const nowMs = (): number => clock.wallMs();
  const store = new StateStore({ directory, historyMax: 9999, log, nowMs });
  const counters = new Counters(() => undefined, nowMs);
  const target = {
    url: `${hook.url}/hook?token=hidden`,
    secret: () => SECRET,
    ca: () => certificate.cert,
    taskTables: false,
  };
  const client = new WebhookClient(target, { node: { name: 'node-1' }, nowMs });
  const outputs = openOutputs([client], { store, counters, clock, log });
  const kill = (...sequences: readonly number[]): void => {
    for (const sequence of sequences) {
      const episode = makeEpisode({ sequence });
      const entry = { bootId: BOOT, state: 'recorded', enteredMs: nowMs(), episode } as const;
      store.episodes.add({ ...entry, attribution: NODE });
    }
    outputs.wake();
  };
  const counts = (): object => Object.fromEntries(outputs.shown[0]?.counts.entries() ?? []);
  const crash = (): void => {
    clock.forget();
    store[Symbol.dispose]();
  };
  return { kill, counts, waiting: () => outputs.shown[0]?.waiting(), outputs, store, crash };
}

/** The kills a receiver has that looks at the signature and the status it answered with itself. */
function received(isTaken: (exchange: server.Exchange) => boolean = () => true): number[] {
  return hook.requests.filter(isTaken).flatMap(({ request: { headers }, body }) => {
    const timestamp = String(headers['x-oom-recorder-timestamp']);
    const hmac = createHmac('sha256', SECRET).update(`${timestamp}.${body}`).digest('hex');
    expect(headers['x-oom-recorder-signature']).toBe(`sha256=${hmac}`);
    const { episodes } = JSON.parse(body) as { episodes: { id: string }[] };
    return episodes.map(({ id }) => Number(id.slice(BOOT.length + 1)));
  });
}

/** Passes time until so many requests were made, and a bit for their answers. */
async function requests(count: number): Promise<void> {
  await until(async () => {
    await clock.advance(MINUTE_MS);
    expect(hook.requests.length).toBeGreaterThanOrEqual(count);
  });
}

test('after an outage and a restart a webhook has every kill once, in order', async () => {
  const first = start();
  first.kill(1);
  await until(() => expect(first.waiting()).toBe(0));

  hook.refuseConnections(true);
  first.kill(2, 3);
  await until(() => expect(first.counts()).toMatchObject({ retried: 2 }));
  await first.outputs.drain(0);
  first.crash();

  const second = start();
  second.kill(...Array.from({ length: 100 }, (_, n) => 4 + n));
  await until(() => expect(second.counts()).toMatchObject({ retried: 50 }));
  expect(second.waiting()).toBe(102);
  hook.refuseConnections(false);
  await until(async () => {
    await clock.advance(MINUTE_MS);
    expect(second.waiting()).toBe(0);
  });
  expect(received()).toEqual(Array.from({ length: 103 }, (_, n) => 1 + n));
  expect(second.counts()).toMatchObject({ delivered: 102, refused: 0, 'gave-up': 0 });
  expect(said).toContain('cannot write to the webhook, episodes wait in the store');
  expect(said).toContain('writing to the webhook again');
  expect(said).not.toMatch(/sesame|hidden/);
  second.crash();
});

test('what was in flight when the agent was killed is repeated, and nothing else', async () => {
  const first = start();
  first.kill(1);
  await until(() => expect(first.waiting()).toBe(0));
  hook.behave(server.neverAnswer);
  first.kill(2);
  await requests(2);
  first.crash();
  hook.hangUp();

  hook.behave(server.answerJson(200, {}));
  const second = start();
  await until(() => expect(second.waiting()).toBe(0));
  expect(received()).toEqual([1, 2, 2]);
  second.crash();
});

test('what was recorded last is posted before the agent ends', async () => {
  const agent = start();
  agent.kill(1, 2);
  await agent.outputs.drain(5000);
  expect(received()).toEqual([1, 2]);
  expect(agent.waiting()).toBe(0);
  agent.crash();
});

test('one that is not taken is dropped alone, loudly, and counted', async () => {
  hook.behave((exchange) => {
    const isRefused = exchange.body.includes(`${BOOT}-5"`);
    server.answerJson(isRefused ? 422 : 200, {})(exchange);
  });
  const agent = start();
  agent.kill(1, 2, 3, 4, 5, 6, 7, 8);
  await until(() => expect(agent.waiting()).toBe(0));
  const taken = received(({ response }) => response.statusCode === 200);
  expect(taken).toEqual([1, 2, 3, 4, 6, 7, 8]);
  expect(agent.counts()).toMatchObject({ delivered: 7, refused: 1 });
  expect(said).toMatch(
    /"level":"error".*E_WEBHOOK_REFUSED.*HTTP 422.*the webhook refused episodes/,
  );
  agent.crash();
});

test('a webhook that is named for the first time is told of nothing before', async () => {
  const store = new StateStore({
    directory,
    historyMax: 9,
    log: openLog({ level: 'silent', format: 'json' }, () => {}),
    nowMs: () => clock.wallMs(),
  });
  const entry = { bootId: BOOT, state: 'recorded', enteredMs: clock.wallMs() } as const;
  store.episodes.add({ ...entry, episode: makeEpisode({ sequence: 1 }), attribution: NODE });
  store[Symbol.dispose]();
  const agent = start();
  agent.kill(2);
  await until(() => expect(agent.waiting()).toBe(0));
  await until(() => expect(received()).toEqual([2]));
  agent.crash();
});
