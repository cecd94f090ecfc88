import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { hostname } from 'node:os';
import { Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { beforeEach, describe, expect, test } from 'vitest';
import { openTelemetry, type TelemetryParts } from '../../src/wiring/open-telemetry.ts';
import type { Edge } from '../../src/edge.ts';
import { openLog } from '../../src/log.ts';
import { KillAudit } from '../../src/oom/kill-audit.ts';
import { FIRST_STEP, type ReflectorState } from '../../src/reflector/reflector-step.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { newTally } from '../../src/tally.ts';
import { Counters } from '../../src/telemetry/counters.ts';
import { pendingKill, storedKill } from '../support/history.ts';
import { SYSTEM_CLOCK } from '../support/system-clock.ts';

const edge: Edge = {
  env: {},
  stdin: Readable.from([]),
  print: () => undefined,

  flush: () => Promise.resolve(),
  printError: () => undefined,
  isTerminal: false,
  clock: { ...SYSTEM_CLOCK, wallMs: () => 0, monotonicMs: () => nowMs },
  onExit: () => () => undefined,
  runtime: process,
  signal: new AbortController().signal,
};

let parts: TelemetryParts;
/** A reader that does not care whether it is nudged. */
let reader: { reads: number; nudge: () => void };
let nowMs: number;

beforeEach(() => {
  reader = { reads: 1, nudge: () => undefined };
  nowMs = 0;
  const log = openLog({ level: 'error', format: 'json' }, edge.printError);
  const known = (): undefined => undefined;
  parts = {
    source: 'kmsg',
    node: { name: 'node-1' },
    certificate: undefined,
    reviews: undefined,
    tally: newTally(),
    store: new StateStore({ directory: undefined, historyMax: 9, log, nowMs: () => 0 }),
    pods: { known },
    counters: new Counters(known, () => 0),
    audit: undefined,
    isConfirming: false,
    watching: { buffer: { waiting: 0, capacity: 10 }, reader, isReading: () => true },
    outputs: { shown: [] },
    log,
  };
});

async function serve() {
  const server = await openTelemetry({ listen: { host: '127.0.0.1', port: 0 } }, parts, edge);
  /** Not by `fetch`, which says itself what the Host is. */
  const get = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const asked = request({ host: '127.0.0.1', port: server?.port, path, headers }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return { status: answer.statusCode, text: await readText(answer) };
  };
  return { get, [Symbol.asyncDispose]: async () => server?.[Symbol.asyncDispose]() };
}

/** An audit that has compared what was read, nothing, with the kernel's count. */
function comparedWith(counted: number | undefined): KillAudit {
  const onMissing = (): void => undefined;
  const audit = new KillAudit({ total: () => counted, tally: newTally(), onMissing });
  audit.quiet(0);
  return audit;
}

describe('what the agent shows', () => {
  test('has the points that wait for InfluxDB, where there is one', async () => {
    {
      await using without = await serve();
      expect((await without.get('/metrics')).text).not.toContain('influx');
    }
    const client = { name: 'influx', destination: 'influxdb', items: 'points' };
    const counts = parts.counters.output('influx', ['written']);
    parts = { ...parts, outputs: { shown: [{ client, counts, waiting: () => 12 }] } };
    counts.add('written', 3);
    await using agent = await serve();
    const { text } = await agent.get('/metrics');
    expect(text).toContain('oom_recorder_influx_pending_points 12\n');
    expect(text).toContain('oom_recorder_influx_points_total{outcome="written"} 3\n');
  });

  test('proves nothing where the kernel counts no kills', async () => {
    parts = { ...parts, audit: comparedWith(undefined) };
    {
      await using agent = await serve();
      expect((await agent.get('/metrics')).text).not.toMatch(/^oom_recorder_kernel_oom_kills/m);
    }
    parts = { ...parts, audit: comparedWith(5) };
    await using agent = await serve();
    expect((await agent.get('/metrics')).text).toMatch(/^oom_recorder_kernel_oom_kills_total 0$/m);
  });

  test('says nothing of an API server where there is none', async () => {
    const about = /^oom_recorder_(?:outbox|pending|event|pods)/m;
    {
      await using printing = await serve();
      expect((await printing.get('/metrics')).text).not.toMatch(about);
    }
    parts = { ...parts, pods: { ...parts.pods, watch: () => FIRST_STEP.state } };
    await using posting = await serve();
    expect((await posting.get('/metrics')).text).toMatch(about);
  });

  test.each<[string, Partial<ReflectorState>, number, string]>([
    ['all is well', { synced: true, live: true }, 200, 'ok'],
    ['there was no list yet', {}, 503, 'the pods are not listed yet'],
    [
      'lists go on failing',
      { synced: true, failuresInARow: 2 },
      503,
      'the pods cannot be listed or watched',
    ],
  ])('says in /readyz, on the page and in a metric that %s', async (_, change, status, text) => {
    const state = { ...FIRST_STEP.state, ...change };
    parts = { ...parts, pods: { ...parts.pods, watch: () => state } };
    await using agent = await serve();
    expect(await agent.get('/readyz')).toEqual({ status, text: `${text}\n` });
    const health =
      status === 503 ? `Not healthy</b>: ${text}.` : 'Healthy</b>: the kernel log is read,';
    expect((await agent.get('/')).text).toContain(health);
    expect((await agent.get('/metrics')).text).toContain('oom_recorder_pods_skipped 0\n');
  });

  test('says on the page and in a metric that a pod is too large, and is ready', async () => {
    const state = { ...FIRST_STEP.state, synced: true, live: true, skipped: 1 };
    parts = { ...parts, pods: { ...parts.pods, watch: () => state } };
    await using agent = await serve();
    expect(await agent.get('/readyz')).toEqual({ status: 200, text: 'ok\n' });
    expect((await agent.get('/')).text).toContain(
      'Not healthy</b>: pods or changes of pods passed over as too large: 1.',
    );
    expect((await agent.get('/metrics')).text).toContain('oom_recorder_pods_skipped 1\n');
  });

  test('says on the page that a kill waits, and what the audit found', async () => {
    parts = { ...parts, audit: comparedWith(5) };
    parts.store.episodes.add(pendingKill(4711));
    await using agent = await serve();
    const { text } = await agent.get('/');
    expect(text).toContain('1 kill</b> waiting');
    expect(text).toContain('None is recorded besides what waits.');
    expect(text).toContain('Clean</b>: of 5 kills');
  });

  test('is healthy as long as the reader reads when it is asked to', async () => {
    await using agent = await serve();
    reader.nudge = () => (reader.reads += 1);
    for (; nowMs < 300_000; nowMs += 50_000) {
      expect(await agent.get('/healthz')).toEqual({ status: 200, text: 'ok\n' });
    }
    reader.nudge = () => undefined;
    await agent.get('/healthz');
    nowMs += 60_000;
    expect(await agent.get('/healthz')).toEqual({
      status: 503,
      text: 'the kernel log has not been read for 60 s, though it was asked for\n',
    });
    expect((await agent.get('/readyz')).status).toBe(200);
  });

  test('has what is recorded, for who is on this host and calls it by a name of its own', async () => {
    parts.store.episodes.add(storedKill(4711, 1));
    await using agent = await serve();
    const { status, text } = await agent.get('/api/v1/episodes?namespace=ns-1');
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ node: 'node-1', episodes: [{ sequence: 4711 }] });
    for (const path of ['/', '/api/v1/episodes']) {
      expect((await agent.get(path, { host: 'node-1:9095' })).status).toBe(200);
      expect((await agent.get(path, { host: hostname() })).status).toBe(200);
      expect((await agent.get(path, { host: 'evil.example' })).status).toBe(403);
      expect((await agent.get(path, { authorization: 'Bearer x' })).text).toContain('no cluster');
    }
    for (const path of ['/metrics', '/healthz', '/readyz'])
      expect((await agent.get(path, { host: 'evil.example' })).status).toBe(200);
  });

  test('is not healthy before the log is open', async () => {
    parts = { ...parts, watching: { ...parts.watching, isReading: () => false } };
    await using agent = await serve();
    const closed = { status: 503, text: 'the kernel log is not open\n' };
    expect(await agent.get('/healthz')).toEqual(closed);
    expect(await agent.get('/readyz')).toEqual(closed);
  });
});
