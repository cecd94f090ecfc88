import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { classifyTransport } from '../../src/kube/classify-failure.ts';
import { eventOutput } from '../../src/outputs/event-output.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeSink, refusal, type Refusal } from '../support/fake-sink.ts';
import { killEvent } from '../support/kill-event.ts';
import { MemoryLog } from '../support/memory-log.ts';
import type { BenchReport } from './report.ts';

/** More objects than a node has pods: an outage of a day, or a node whose jobs come and go. */
const OBJECTS = 5000;
/** Until every object waits its longest. */
const SETTLE_MS = 5 * 60_000;
const MEASURED_MS = 60_000;

const OUTAGES: Readonly<Record<string, Refusal>> = {
  'the server is away': () => classifyTransport('POST /x', new Error('connect ECONNREFUSED')),
  'it fails each alone': () => refusal(500),
};

/** What an outage costs while nothing happens but trying again: of a core, and of the API server. */
export async function benchOutage(report: BenchReport): Promise<void> {
  report.print(`${OBJECTS} Events of as many objects wait for the API server`);
  const row = report.table('', [
    { title: 'CPU', unit: '% of a core' },
    { title: 'requests', unit: 'a minute', digits: 0 },
  ]);
  for (const [title, refuse] of Object.entries(OUTAGES)) row(title, ...(await measure(refuse)));
}

async function measure(refuse: Refusal): Promise<readonly number[]> {
  const directory = mkdtempSync(join(tmpdir(), 'outage-'));
  const clock = new FakeClock();
  const log = new MemoryLog();
  const store = new StateStore({ directory, historyMax: 9, log, nowMs: () => clock.wallMs() });
  store.transaction(() => {
    for (let id = 0; id < OBJECTS; id += 1) {
      const event = killEvent({ atMs: 0, id, pod: `pod-${id}` });
      store.outbox.add({ verb: 'create', event }, clock.wallMs());
    }
  });
  const sink = new FakeSink();
  sink.refuse = refuse;
  const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const env = { clock, random: Math.random, log: silent, tally: ignore };
  const poster = eventOutput(store.outbox, sink, env);
  poster.wake();
  await clock.advance(SETTLE_MS);

  const [cpu, calls] = [process.cpuUsage(), sink.calls.length];
  await clock.advance(MEASURED_MS);
  const { user, system } = process.cpuUsage(cpu);
  store[Symbol.dispose]();
  rmSync(directory, { recursive: true, force: true });
  const percent = ((user + system) / 1000 / MEASURED_MS) * 100;
  return [percent, sink.calls.length - calls];
}

function ignore(): void {}
