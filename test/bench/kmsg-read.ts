import { closeSync, constants, openSync, readSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openKmsg } from '../../src/kmsg/device.ts';
import { FakeGate } from '../support/fake-gate.ts';
import { SYSTEM_CLOCK } from '../support/system-clock.ts';
import type { BenchReport } from './report.ts';

const PATH = '/dev/kmsg';

/** What a reader without poll(2) would do: often enough to be prompt, seldom enough to be bearable. */
const NAIVE_INTERVAL_MS = 20;

/** Enough for a median; writes keep clear of the timer's phase by a random pause of up to twice its interval. */
const WRITES = 100;
const MAX_PAUSE_MS = 2 * NAIVE_INTERVAL_MS;

/** One second would measure the scheduler. */
const IDLE_MS = 3000;

type Stop = () => void;
type Reader = (onRecord: (bytes: Buffer) => void) => Stop;

const onExit = (callback: () => void) => {
  process.on('exit', callback);
  return () => void process.off('exit', callback);
};

const pollingReader: Reader = (onRecord) => {
  const { reads$ } = openKmsg({ path: PATH, gate: new FakeGate(), clock: SYSTEM_CLOCK, onExit });
  const subscription = reads$.subscribe((read) => read.kind === 'raw' && onRecord(read.bytes));
  return () => subscription.unsubscribe();
};

const naiveReader: Reader = (onRecord) => {
  const fd = openSync(PATH, constants.O_RDONLY | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(8192);
  const drain = () => {
    try {
      for (;;) onRecord(Buffer.from(buffer.subarray(0, readSync(fd, buffer))));
    } catch {
      // EAGAIN: until the next tick.
    }
  };
  const timer = setInterval(drain, NAIVE_INTERVAL_MS);
  return () => {
    clearInterval(timer);
    closeSync(fd);
  };
};

interface Measured {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly wakeUpsPerSecond: number;
  readonly cpuPercent: number;
}

/** From a write to `/dev/kmsg` to JavaScript, and what waiting costs, beside a reader with a timer. */
export async function benchKmsgRead(report: BenchReport): Promise<void> {
  const poll = await measure(pollingReader);
  const naive = await measure(naiveReader);
  const timer = `setInterval ${NAIVE_INTERVAL_MS} ms`;
  const row = report.table('', ['poll(2)', timer, { title: 'ratio', against: timer, digits: 1 }]);
  const keys = [
    [{ title: 'write to JavaScript, p50', unit: 'ms' }, 'p50Ms'],
    [{ title: 'write to JavaScript, p99', unit: 'ms' }, 'p99Ms'],
    [{ title: 'idle, wake-ups', unit: 'a second' }, 'wakeUpsPerSecond'],
    [{ title: 'idle, CPU', unit: '% of a core' }, 'cpuPercent'],
  ] as const;
  for (const [title, key] of keys)
    row(title, poll[key], naive[key], poll[key] === 0 ? '∞' : naive[key] / poll[key]);
}

async function measure(reader: Reader): Promise<Measured> {
  let awaited: { readonly message: string; readonly arrived: () => void } | undefined;
  const stop = reader((bytes) => {
    if (awaited !== undefined && bytes.includes(awaited.message)) awaited.arrived();
  });
  await sleep(500);
  const idle = await measureIdle();
  const latencies: number[] = [];
  for (let index = 0; index < WRITES; index += 1) {
    await sleep(Math.random() * MAX_PAUSE_MS);
    const { promise, resolve } = Promise.withResolvers<void>();
    awaited = { message: `oom-recorder bench ${process.pid}.${index};`, arrived: resolve };
    const writtenAt = performance.now();
    writeFileSync(PATH, `${awaited.message}\n`);
    await promise;
    latencies.push(performance.now() - writtenAt);
  }
  stop();
  const sorted = latencies.toSorted((a, b) => a - b);
  const quantile = (q: number) => sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN;
  return { ...idle, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}

/** All threads of this process; the one timer that ends the measurement is in it. */
async function measureIdle(): Promise<Pick<Measured, 'wakeUpsPerSecond' | 'cpuPercent'>> {
  const cpuBefore = process.cpuUsage();
  const { voluntaryContextSwitches: switchesBefore } = process.resourceUsage();
  await sleep(IDLE_MS);
  const { user, system } = process.cpuUsage(cpuBefore);
  const switches = process.resourceUsage().voluntaryContextSwitches - switchesBefore;
  return {
    wakeUpsPerSecond: (switches * 1000) / IDLE_MS,
    cpuPercent: (user + system) / (IDLE_MS * 10),
  };
}
