import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ControlPlane, startControlPlane } from '../../hack/control-plane/control-plane.ts';
import { createNode } from '../support/cluster-objects.ts';
import { crowdNode } from '../support/crowded-node.ts';
import { type Footprint, footprintOf, GOALS } from '../support/footprint.ts';
import { type MeasuredBundle, startMeasured } from '../support/measured-bundle.ts';
import type { BenchReport } from './report.ts';

const FEW_PODS = 100;
const MANY_PODS = 5000;
const KILLS = 1000;
/** All of them within half a minute. */
const KILL_EVERY_MS = 30;
const SETTLE_MS = 10_000;
const LATER_MS = 60_000;
/** Of starts, whose figures differ by a MB. */
const ROUNDS = 3;
const FIRST_PID = 300;

/** What the image's program has in memory, against a real API server; the storm is of a kernel log that is a file. */
export async function benchFootprint(report: BenchReport): Promise<void> {
  await using cluster = await startControlPlane();
  const row = report.table('', [
    { title: 'resident', unit: 'MiB', digits: 1 },
    { title: 'anonymous', unit: 'MiB', digits: 1 },
    'goal',
  ]);
  row('Node alone', ...cells(await bareNode()));
  const [few, many] = ['few-pods', 'many-pods'];
  await createNode(cluster, few);
  const cgroups = await crowdNode(cluster, few, FEW_PODS);
  const idle = await median(() => idleOn(cluster, few));
  const { residentMb, anonymousMb } = GOALS.idle;
  row(`idle, ${FEW_PODS} pods`, ...cells(idle), `${residentMb} and ${anonymousMb}`);
  await storm(cluster, few, cgroups, row);
  await createNode(cluster, many);
  await crowdNode(cluster, many, MANY_PODS);
  const more = await idleOn(cluster, many);
  const goal = `${GOALS.more5000PodsMb} more: ${(more.residentMb - idle.residentMb).toFixed(1)}`;
  row(`idle, ${MANY_PODS} pods`, ...cells(more), goal);
}

async function idleOn(cluster: ControlPlane, nodeName: string): Promise<Footprint> {
  const log = process.getuid?.() === 0 ? 'kernel' : 'file';
  await using agent = await startMeasured({ cluster, nodeName, log });
  await agent.whenSynced();
  await sleep(SETTLE_MS);
  return agent.footprint();
}

async function storm(
  cluster: ControlPlane,
  nodeName: string,
  cgroups: readonly string[],
  row: ReturnType<BenchReport['table']>,
): Promise<void> {
  await using agent = await startMeasured({ cluster, nodeName, log: 'file' });
  await agent.whenSynced();
  for (let n = 0; n < KILLS; n += 1) {
    const cgroup = cgroups[n % cgroups.length] ?? '';
    agent.node.kill({ how: 'told', pid: FIRST_PID + n, cgroup });
    await sleep(KILL_EVERY_MS);
  }
  await whenRecorded(agent);
  row(`after ${KILLS} kills`, ...cells(agent.footprint()), String(GOALS.afterStormMb));
  await sleep(LATER_MS);
  row('a minute later', ...cells(agent.footprint()), String(GOALS.aMinuteLaterMb));
}

async function whenRecorded(agent: MeasuredBundle): Promise<void> {
  while ((await agent.figure('oom_recorder_killed_processes_total')) < KILLS) await sleep(500);
}

async function bareNode(): Promise<Footprint> {
  const child = spawn(process.execPath, ['-e', 'console.log(); setInterval(() => {}, 1e6)']);
  await once(child.stdout, 'data');
  const footprint = footprintOf(child.pid ?? 0);
  child.kill();
  return footprint;
}

async function median(measure: () => Promise<Footprint>): Promise<Footprint> {
  const all: Footprint[] = [];
  for (let n = 0; n < ROUNDS; n += 1) all.push(await measure());
  const [middle] = all.toSorted((a, b) => a.residentMb - b.residentMb).slice(ROUNDS >> 1);
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
}

function cells({ residentMb, anonymousMb }: Footprint): number[] {
  return [residentMb, anonymousMb];
}
