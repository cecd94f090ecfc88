import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { jsonLines } from '../../src/kube/json-lines.ts';
import { LiveDirectory } from '../../src/reflector/live-directory.ts';
import { text } from '../../src/kube/loose-json.ts';
import { toPodEntry } from '../../src/pods/pod-entry.ts';
import { realisticPod } from '../support/realistic-pod.ts';
import type { BenchReport } from './report.ts';

/** The most a node is built for: twice the kubelet's default `--max-pods`. */
const PODS = 250;
/** A node in turmoil: every pod changes every three seconds. */
const UPDATES_PER_MINUTE = 5000;
/** As a TLS socket gives them. */
const CHUNK_BYTES = 16 * 1024;
const BUDGET_BYTES = 10 * 1024 * 1024;

/** A directory under measurement: takes raw pods, and must be kept alive while it is measured. */
interface Subject {
  list(pods: readonly unknown[]): void;
  update(pod: unknown): void;
}

function ours(): Subject {
  const directory = new LiveDirectory(Date.now);
  return {
    list: (pods) => {
      const entries = pods.map(toPodEntry).filter((pod) => pod !== undefined);
      directory.apply({ kind: 'replaced', pods: entries });
    },
    update: (raw) => {
      const pod = toPodEntry(raw);
      if (pod !== undefined) directory.apply({ kind: 'applied', pod });
    },
  };
}

/** Keeps the whole Pod, as an informer's store does. */
function naive(): Subject {
  const pods = new Map<string, unknown>();
  const update = (pod: unknown): unknown => pods.set(text(pod, 'metadata', 'uid') ?? '', pod);
  return { list: (all) => all.forEach(update), update };
}

/** What 250 pods cost in memory and 5,000 watch events a minute in CPU, beside keeping whole Pods. */
export async function benchPodDirectory(report: BenchReport): Promise<void> {
  const chunks = watchChunks();
  await measureCpu(ours(), chunks); // warm-up
  const mine = { heapBytes: measureHeap(ours), cpuPercent: await measureCpu(ours(), chunks) };
  await measureCpu(naive(), chunks);
  const theirs = { heapBytes: measureHeap(naive), cpuPercent: await measureCpu(naive(), chunks) };

  const lineBytes = JSON.stringify(event(0, 0)).length;
  report.print(`${PODS} pods, ${UPDATES_PER_MINUTE} events a minute of ${lineBytes} bytes`);
  const ratio = { title: 'ratio', against: 'whole Pods', digits: 1 };
  const row = report.table('', ['directory', 'whole Pods', ratio]);
  const [heap, kept] = [mine, theirs].map(({ heapBytes }) => heapBytes / 1024 / 1024);
  row({ title: 'heap', unit: 'MB' }, heap, kept, theirs.heapBytes / mine.heapBytes);
  const cpu = { title: 'CPU', unit: '% of a core' };
  row(cpu, mine.cpuPercent, theirs.cpuPercent, theirs.cpuPercent / mine.cpuPercent);
  if (mine.heapBytes > BUDGET_BYTES) throw new Error(`the directory takes ${mine.heapBytes} bytes`);
}

function event(n: number, version: number): object {
  return { type: 'MODIFIED', object: realisticPod(n % PODS, version) };
}

/** A minute of a watch as it comes off the wire. */
function watchChunks(): readonly Uint8Array[] {
  const lines = Array.from({ length: UPDATES_PER_MINUTE }, (_, n) =>
    Buffer.from(`${JSON.stringify(event(n, Math.floor(n / PODS)))}\n`),
  );
  const wire = Buffer.concat(lines);
  const count = Math.ceil(wire.length / CHUNK_BYTES);
  return Array.from({ length: count }, (_, n) => {
    return wire.subarray(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES);
  });
}

/** From the bytes to the directory, the JSON parser included; in % of one core for a minute's worth. */
async function measureCpu(subject: Subject, chunks: readonly Uint8Array[]): Promise<number> {
  const before = process.cpuUsage();
  for await (const line of jsonLines(stream(chunks))) {
    if (typeof line === 'object' && line !== null && 'object' in line) subject.update(line.object);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (60 * 10_000);
}

async function* stream(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

/** Of what a list left behind, after it went through the parser as it would. */
function measureHeap(make: () => Subject): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  const usedBytes = (): number => {
    if (typeof collect === 'function') collect();
    return process.memoryUsage().heapUsed;
  };
  const before = usedBytes();
  const subject = make();
  fill(subject);
  const after = usedBytes();
  subject.update(undefined); // still alive
  return after - before;
}

/** In a frame of its own: what it made must not be kept alive by a register of the measurement. */
function fill(subject: Subject): void {
  const pods = Array.from({ length: PODS }, (_, n) => realisticPod(n, 0));
  const { items }: { items: readonly unknown[] } = JSON.parse(JSON.stringify({ items: pods }));
  subject.list(items);
}
