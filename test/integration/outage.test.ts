import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, vi } from 'vitest';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { testWithCluster } from '../support/cluster.ts';
import { killReport } from '../support/kill-report.ts';

const test = testWithCluster();

const AGENT = join(import.meta.dirname, '../support/crash-agent.ts');
const PODS = 100;
/** Two kills of one pod, a report of four records each. */
const RECORDS_PER_POD = 8;
const PAUSE_MS = 60_000;

interface ListedEvent {
  readonly metadata: { readonly creationTimestamp: string };
  readonly firstTimestamp: string;
  readonly message: string;
  readonly involvedObject: { readonly name: string };
}

async function startAgent(
  log: string,
  state: string,
  cluster: ControlPlane,
): Promise<ChildProcess> {
  const args = [AGENT, log, state, cluster.kubeconfig];
  const agent = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => {
    agent.kill('SIGKILL');
  });
  await once(agent.stdout, 'data');
  return agent;
}

/** Two kills, a minute before now and now. */
function killTwice(log: string, pod: number): void {
  const nowUs = Number(process.hrtime.bigint() / 1000n);
  for (const [index, agoMs] of [PAUSE_MS, 0].entries()) {
    const sequence = (pod * 2 + index) * (RECORDS_PER_POD / 2);
    const monotonicUs = nowUs - agoMs * 1000;
    for (const record of killReport({ sequence, monotonicUs, pod, pid: 3001 + index })) {
      appendFileSync(log, record);
    }
  }
}

async function listEvents(cluster: ControlPlane): Promise<readonly ListedEvent[]> {
  const text = await cluster.kubectl(['get', 'events', '-n', 'shop', '-o', 'json']);
  const list: { readonly items: readonly ListedEvent[] } = JSON.parse(text);
  return list.items;
}

describe('an API server that is away', () => {
  test('costs no Event, no order and no time, not even with a SIGKILL', async ({ cluster }) => {
    const directory = mkdtempSync(join(tmpdir(), 'oom-recorder-outage-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const [log, state] = [join(directory, 'kmsg'), join(directory, 'state')];
    writeFileSync(log, '');
    await cluster.kubectl(['create', 'namespace', 'shop']);

    const agent = await startAgent(log, state, cluster);
    await cluster.stopApiServer();
    const killedMs = Date.now();
    for (let pod = 0; pod < PODS / 2; pod += 1) killTwice(log, pod);
    agent.kill('SIGKILL');
    await once(agent, 'close');
    for (let pod = PODS / 2; pod < PODS; pod += 1) killTwice(log, pod);
    await startAgent(log, state, cluster);
    await cluster.startApiServer();

    const posted = async () => expect(await listEvents(cluster)).toHaveLength(2 * PODS);
    await vi.waitFor(posted, { timeout: 50_000, interval: 500 });
    const events = await listEvents(cluster);
    for (let pod = 0; pod < PODS; pod += 1) {
      const own = events.filter(({ involvedObject }) => involvedObject.name === `pod-${pod}`);
      const inOrder = own.toSorted(
        (a, b) => Date.parse(a.firstTimestamp) - Date.parse(b.firstTimestamp),
      );
      const [first, second] = inOrder;
      expect(first?.message).toContain('pid 3001');
      expect(second?.message).toContain('pid 3002');
      expect(Math.abs(Date.parse(second?.firstTimestamp ?? '') - killedMs)).toBeLessThan(10_000);
      expect(Date.parse(first?.metadata.creationTimestamp ?? '')).toBeLessThanOrEqual(
        Date.parse(second?.metadata.creationTimestamp ?? ''),
      );
    }
  });
});
