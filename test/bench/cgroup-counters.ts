import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { openNode } from '../../src/wiring/open-node.ts';
import { cgroupCounters } from '../../src/pods/cgroup-counters.ts';
import { ProcessSnapshot } from '../../src/pods/process-snapshot.ts';
import type { BenchReport } from './report.ts';

/** The most a node is built for: twice the kubelet's default `--max-pods`. */
const CONTAINERS = 250;
const LOOKS = 50;
const ROOT = '/sys/fs/cgroup/memory/kubepods/besteffort';

const { tree, proc } = openNode({ cgroupRoot: '/sys/fs/cgroup', procRoot: '/proc' });

/**
 * What one look at the counters of 250 containers in 250 pods costs on a real kernel, and one
 * snapshot of the process in each. Needs root and cgroup v1.
 */
export async function benchCgroupCounters(report: BenchReport): Promise<void> {
  const row = report.table('', [{ title: 'p50', unit: 'ms', digits: 3 }]);
  const made = makePods();
  const processes = made.filter((cgroup) => cgroup.length > ROOT.length + 64).map(processIn);
  try {
    const snapshots = Array.from({ length: LOOKS }, () => {
      const snapshot = new ProcessSnapshot(tree, proc, () => performance.now());
      return measure(() => snapshot.take());
    });
    row(`snapshot of ${processes.length} processes`, median(snapshots));
    const counters = cgroupCounters(tree, proc);
    const looks = Array.from({ length: LOOKS }, () => measure(() => void counters.read()));
    const totals = Array.from({ length: LOOKS }, () => measure(() => void counters.total()));
    row(`look at ${counters.read()?.size ?? 0} cgroups`, median(looks));
    row('/proc/vmstat', median(totals));
  } finally {
    await Promise.all(processes.map(end));
    for (const directory of made.toReversed()) rmdirSync(directory);
  }
}

function makePods(): readonly string[] {
  const shared = [ROOT.replace('/besteffort', ''), ROOT];
  const pods = Array.from({ length: CONTAINERS }, () => {
    const pod = `${ROOT}/pod${randomUUID()}`;
    return [pod, `${pod}/${`${randomUUID()}${randomUUID()}`.replaceAll('-', '')}`];
  });
  const wanted = [...shared, ...pods.flat()];
  return wanted.filter((directory) => mkdirSync(directory, { recursive: true }) !== undefined);
}

function processIn(cgroup: string): ChildProcess {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  writeFileSync(`${cgroup}/cgroup.procs`, String(child.pid));
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function measure(work: () => void): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
