import { Readable } from 'node:stream';
import { beforeEach, describe, expect, test } from 'vitest';
import { openTelemetry, type TelemetryParts } from '../../src/commands/open-telemetry.ts';
import type { Edge } from '../../src/edge.ts';
import { openLog } from '../../src/log.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { Counters } from '../../src/telemetry/counters.ts';

const edge: Edge = {
  env: {},
  stdin: Readable.from([]),
  print: () => undefined,
  printError: () => undefined,
  isTerminal: false,
  clock: { wallMs: () => 0, monotonicMs: () => 0 },
  onExit: () => () => undefined,
  runtime: process,
  signal: new AbortController().signal,
};

let parts: TelemetryParts;

beforeEach(() => {
  const log = openLog({ level: 'error', format: 'json' }, edge.printError);
  const known = (): undefined => undefined;
  parts = {
    node: 'node-1',
    store: new StateStore({ directory: undefined, historyMax: 9, log, nowMs: () => 0 }),
    pods: { known },
    counters: new Counters(known, () => 0),
    audit: undefined,
    buffer: () => ({ waiting: 0, capacity: 10 }),
    influx: undefined,
    isReading: () => true,
    log,
  };
});

async function get(path: string): Promise<{ readonly status: number; readonly text: string }> {
  await using server = await openTelemetry('127.0.0.1:0', parts, edge);
  const answer = await fetch(`http://127.0.0.1:${server?.port}${path}`);
  return { status: answer.status, text: await answer.text() };
}

describe('what the agent shows', () => {
  test('has the points that wait for InfluxDB, where there is one', async () => {
    expect((await get('/metrics')).text).not.toContain('influx');
    parts = { ...parts, influx: { waiting: 12 } };
    parts.counters.points.add('written', 3);
    const { text } = await get('/metrics');
    expect(text).toContain('oom_recorder_influx_pending_points 12\n');
    expect(text).toContain('oom_recorder_influx_points_total{outcome="written"} 3\n');
  });
});
