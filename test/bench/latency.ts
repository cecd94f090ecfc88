import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  fsyncSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CoreV1Event, KubeConfig, Watch } from '@kubernetes/client-node';
import { type ControlPlane, startControlPlane } from '../../hack/control-plane/control-plane.ts';
import { READ_BUFFER_BYTES } from '../../src/kmsg/kmsg-file.ts';
import { type KmsgRecord, parseRecord } from '../../src/kmsg/record.ts';
import { seekLog } from '../../src/kmsg/seek-log.ts';
import { readKernelLine } from '../../src/oom/kernel-lines.ts';
import { createNode, createPod } from '../support/cluster-objects.ts';
import { type MadeKill, makeKill } from '../support/oom-kills.ts';
import { quantile } from '../support/quantile.ts';
import { spawnAgent } from '../support/spawn-agent.ts';
import { SYSTEM_CLOCK } from '../support/system-clock.ts';
import { buildAnchor } from './anchor/build-anchor.ts';

/** Of an object the recorder lets 25 Events through, then one every five minutes. */
const KILLS = 24;
/** The kernel prints the context of ten kills in five seconds; of the others the kubelet hears nothing. */
const BETWEEN_KILLS_MS = 600;
const SETTLE_MS = 3000;
const CALIBRATIONS = 10;
const NODE = 'node-1';
const CONTAINER = 'c'.repeat(64);

/** When something was first said of a process, CLOCK_MONOTONIC in ms, by its pid. */
type Times = Map<number, number>;

/** From the kernel's kill line to the Event at an API watch: ours and the kubelet's own path, of the same kills. */
export async function benchLatency(print: (line: string) => void): Promise<void> {
  if (process.getuid?.() !== 0) return print('SKIPPED: only root can make real kills');
  const anchor = await buildAnchor(print);
  const stateDir = mkdtempSync(join(tmpdir(), 'oom-recorder-latency-'));
  await using cluster = await startControlPlane();
  await createNode(cluster, NODE);
  const containers = [{ name: 'app', id: CONTAINER, memory: '16Mi' }];
  const pod = await createPod(cluster, { name: 'eater', node: NODE, containers });
  const watchers = [
    await startAgent(cluster, stateDir),
    ...(anchor === undefined ? [] : [await startAnchor(anchor, cluster)]),
  ];
  const posted = { 'oom-recorder': new Map(), ...(anchor && { anchor: new Map() }) };
  const watch = await watchEvents(cluster, posted);
  const log = new KillLog();
  await sleep(SETTLE_MS);
  for (let kill = 0; kill < KILLS; kill += 1) {
    log.read(await makeKill({ pod, container: CONTAINER, limit: '16M' }));
    await sleep(BETWEEN_KILLS_MS);
  }
  await sleep(SETTLE_MS);
  watch.abort();
  log.close();
  for (const child of watchers) {
    child.kill();
    await once(child, 'exit');
  }
  printTable(print, log.killed, posted);
  print(row('fsync(2) of the state', '', ...quantiles(syncs(stateDir))));
  rmSync(stateDir, { recursive: true });
}

/** What the agent waits for between a kill and its Event. */
function syncs(directory: string): readonly number[] {
  const fd = openSync(join(directory, 'sync'), 'w');
  const tookMs = Array.from({ length: KILLS }, () => {
    const startedMs = performance.now();
    writeSync(fd, Buffer.alloc(4096));
    fsyncSync(fd);
    return performance.now() - startedMs;
  });
  closeSync(fd);
  return tookMs;
}

async function startAgent(cluster: ControlPlane, stateDir: string): Promise<ChildProcess> {
  const where = [`--kubeconfig=${cluster.kubeconfig}`, `--node-name=${NODE}`];
  const args = [...where, `--state-dir=${stateDir}`, '--start-at=now', '--listen=none'];
  const { child, reads } = spawnAgent({ args, preloads: [], env: {} });
  await reads;
  return child;
}

async function startAnchor(anchor: string, { kubeconfig }: ControlPlane): Promise<ChildProcess> {
  const child = spawn(anchor, ['watch', kubeconfig, 'anchor'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

/** Notes when an Event comes, created or patched, by who posted it. */
async function watchEvents(
  { kubeconfig }: ControlPlane,
  posted: Readonly<Record<string, Times>>,
): Promise<AbortController> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const note = (_: string, { source, message }: CoreV1Event): void => {
    const pid = Number(/\bpid:? (?<pid>\d+)/.exec(message ?? '')?.groups?.['pid']);
    const times = posted[source?.component ?? ''];
    if (times?.has(pid) === false) times.set(pid, SYSTEM_CLOCK.monotonicMs());
  };
  return new Watch(config).watch('/api/v1/events', {}, note, () => undefined);
}

/** When kills were printed, by the timestamps of their lines. */
class KillLog {
  readonly killed: Times = new Map();
  readonly #fd = openSync('/dev/kmsg', constants.O_RDWR | constants.O_NONBLOCK);
  /** CLOCK_MONOTONIC minus the clock of the records: a line is read as soon as it is written. */
  readonly #aheadMs: number;

  constructor() {
    seekLog(this.#fd, 'end');
    this.#aheadMs = Math.min(...Array.from({ length: CALIBRATIONS }, () => this.#calibrate()));
  }

  /** Late by however long something else had the processor. */
  #calibrate(): number {
    writeSync(this.#fd, 'oom-recorder: measuring the latency of Events\n');
    const [own] = this.#records();
    return SYSTEM_CLOCK.monotonicMs() - (own?.monotonicUs ?? Number.NaN) / 1000;
  }

  read({ pid }: MadeKill): void {
    for (const { facility, message, monotonicUs } of this.#records()) {
      const line = readKernelLine(message);
      if (facility === 0 && line?.kind === 'kill' && line.process.pid === pid)
        this.killed.set(pid, monotonicUs / 1000 + this.#aheadMs);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #records(): readonly KmsgRecord[] {
    const records: KmsgRecord[] = [];
    const buffer = Buffer.alloc(READ_BUFFER_BYTES);
    try {
      for (;;) {
        const bytes = buffer.subarray(0, readSync(this.#fd, buffer));
        const record = parseRecord(bytes, { readAtMs: 0, live: false });
        if (record !== undefined) records.push(record);
      }
    } catch {
      return records;
    }
  }
}

function printTable(
  print: (line: string) => void,
  killed: Times,
  posted: Readonly<Record<string, Times>>,
): void {
  print(row(`of ${killed.size} kills, ms`, 'Events', 'p50', 'p99'));
  const medians = Object.entries(posted).map(([who, times]) => {
    const latencies = [...times].flatMap(([pid, atMs]) => {
      const killedMs = killed.get(pid);
      return killedMs === undefined ? [] : [atMs - killedMs];
    });
    print(row(who, String(latencies.length), ...quantiles(latencies)));
    return Number(quantiles(latencies)[0]);
  });
  const [ours = Number.NaN, theirs] = medians;
  if (theirs !== undefined) print(row('ratio', '', `${(ours / theirs).toFixed(2)}×`));
}

/** p50 and p99. */
function quantiles(values: readonly number[]): readonly string[] {
  const sorted = values.toSorted((a, b) => a - b);
  return [0.5, 0.99].map((q) => (quantile(sorted, q) ?? Number.NaN).toFixed(1));
}

function row(title: string, ...cells: readonly string[]): string {
  return [title.padEnd(26), ...cells.map((cell) => cell.padStart(12))].join('');
}
