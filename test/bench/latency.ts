import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ControlPlane, startControlPlane } from '../../hack/control-plane/control-plane.ts';
import { createNode, createPod } from '../support/cluster-objects.ts';
import { makeKill } from '../support/oom-kills.ts';
import { type SpawnedAgent, spawnAgent } from '../support/spawn-agent.ts';
import { buildAnchor } from './anchor/build-anchor.ts';
import { p50AndP99, reportLatencies } from './event-latency.ts';
import type { BenchReport } from './report.ts';

/** Of an object the recorder lets 25 Events through, then one every five minutes. */
const KILLS = 24;
/** The kernel prints the context of ten kills in five seconds; of the others the kubelet hears nothing. */
const BETWEEN_KILLS_MS = 600;
const SETTLE_MS = 3000;
const NODE = 'node-1';
const CONTAINER = 'c'.repeat(64);

/** Of kills that cannot be a group's, on the kernel of this machine. */
export async function benchLatency(report: BenchReport): Promise<void> {
  if (process.getuid?.() !== 0) return report.print('SKIPPED: only root can make real kills');
  const anchor = await buildAnchor(report.print);
  if (anchor === undefined) return;
  const stateDir = mkdtempSync(join(tmpdir(), 'oom-recorder-latency-'));
  await using cluster = await startControlPlane();
  await createNode(cluster, NODE);
  const containers = [{ name: 'app', id: CONTAINER, memory: '16Mi' }];
  const pod = await createPod(cluster, { name: 'eater', node: NODE, containers });
  const agent = await startAgent(cluster, stateDir);
  const kubelet = await startAnchor(anchor, ['watch', cluster.kubeconfig, NODE]);
  const observer = await startAnchor(anchor, ['observe', cluster.kubeconfig]);
  let observed = '';
  observer.stdout.setEncoding('utf8').on('data', (text: string) => (observed += text));
  await sleep(SETTLE_MS);
  for (let kill = 0; kill < KILLS; kill += 1) {
    await makeKill({ pod, container: CONTAINER, limit: '16M' });
    await sleep(BETWEEN_KILLS_MS);
  }
  await sleep(SETTLE_MS);
  for (const child of [agent.child, kubelet, observer]) {
    child.kill();
    await once(child, 'exit');
  }
  const row = reportLatencies(report, observed);
  row('fsync(2) of the state', '', ...p50AndP99(syncs(stateDir)));
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

async function startAgent(cluster: ControlPlane, stateDir: string): Promise<SpawnedAgent> {
  const where = [`--kubeconfig=${cluster.kubeconfig}`, `--node-name=${NODE}`];
  const args = [...where, `--state-dir=${stateDir}`, '--start-at=now', '--listen=none'];
  const agent = spawnAgent({ args, preloads: [], env: {} });
  await agent.reads;
  return agent;
}

/** Resolves when it says that it has begun. */
async function startAnchor(
  anchor: string,
  args: readonly string[],
): Promise<ChildProcessByStdio<null, Readable, null>> {
  const child = spawn(anchor, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}
