import { randomUUID } from 'node:crypto';
import { mkdirSync, rmdirSync } from 'node:fs';
import { openNode } from '../../src/commands/open-node.ts';
import { CgroupCounters } from '../../src/pods/cgroup-counters.ts';

/** The most a node is built for: twice the kubelet's default `--max-pods`. */
const CONTAINERS = 250;
const LOOKS = 50;
const ROOT = '/sys/fs/cgroup/memory/kubepods/besteffort';

const { tree, proc } = openNode({ cgroupRoot: '/sys/fs/cgroup', procRoot: '/proc' });

/** What one look at the counters of 250 containers in 250 pods costs on a real kernel. Needs root. */
export function benchCgroupCounters(print: (line: string) => void): void {
  const made = makePods();
  try {
    const counters = new CgroupCounters(tree, proc);
    const looks = Array.from({ length: LOOKS }, () => measure(() => void counters.read()));
    const totals = Array.from({ length: LOOKS }, () => measure(() => void counters.total()));
    print(`look at ${counters.read()?.size ?? 0} cgroups, p50 ms: ${median(looks).toFixed(2)}`);
    print(`/proc/vmstat, p50 ms: ${median(totals).toFixed(3)}`);
  } finally {
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

function measure(work: () => void): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
