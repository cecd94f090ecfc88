import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, vi } from 'vitest';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { testWithCluster } from '../support/cluster.ts';
import { killReport } from '../support/kill-report.ts';
import { spawnCrashAgent, whenReading } from '../support/spawn-crash-agent.ts';

const test = testWithCluster();

const PODS = 100;
/** Every pod is hit twice, the second time when all were hit once. */
const KILLS = 2 * PODS;
const FIRST_PID = 3001;
const RECORDS_PER_KILL = 4;
/** The soak: with `OOM_RECORDER_SOAK_SECONDS=120` it is away for two minutes, and kills go on meanwhile. */
const OUTAGE_MS = Number(process.env['OOM_RECORDER_SOAK_SECONDS'] ?? 0) * 1000;
/** The poster looks again within a minute; then 200 Events are written. */
const POSTED_WITHIN_MS = 50_000 + Math.min(OUTAGE_MS, 60_000);
/** Whole seconds, and what passes between a record and its being read. */
const TIMES_AGREE_MS = 2000;

interface ListedEvent {
  readonly metadata: { readonly resourceVersion: string };
  readonly firstTimestamp: string;
  readonly message: string;
  readonly involvedObject: { readonly name: string };
}

async function startAgent(
  log: string,
  state: string,
  cluster: ControlPlane,
): Promise<ChildProcess> {
  const agent = spawnCrashAgent({ log, state, kubeconfig: cluster.kubeconfig });
  onTestFinished(() => {
    agent.kill('SIGKILL');
  });
  await whenReading(agent);
  return agent;
}

/** @returns when, ms since the epoch */
function killOne(log: string, kill: number): number {
  const records = killReport({
    sequence: kill * RECORDS_PER_KILL,
    monotonicUs: Number(process.hrtime.bigint() / 1000n),
    pod: kill % PODS,
    pid: FIRST_PID + Math.floor(kill / PODS),
  });
  for (const record of records) appendFileSync(log, record);
  return Date.now();
}

async function listEvents(cluster: ControlPlane): Promise<readonly ListedEvent[]> {
  const text = await cluster.kubectl(['get', 'events', '-n', 'shop', '-o', 'json']);
  const list: { readonly items: readonly ListedEvent[] } = JSON.parse(text);
  return list.items;
}

describe('an API server that is away', () => {
  const timeout = 60_000 + OUTAGE_MS + POSTED_WITHIN_MS;

  test(
    'costs no Event, no order and no time, not even with a SIGKILL',
    { timeout },
    async ({ cluster }) => {
      const directory = mkdtempSync(join(tmpdir(), 'oom-recorder-outage-'));
      onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
      const [log, state] = [join(directory, 'kmsg'), join(directory, 'state')];
      writeFileSync(log, '');
      await cluster.kubectl(['create', 'namespace', 'shop']);

      const agent = await startAgent(log, state, cluster);
      await cluster.stopApiServer();
      const killedMs: number[] = [];
      for (let kill = 0; kill < KILLS; kill += 1) {
        if (kill === KILLS / 4) {
          agent.kill('SIGKILL');
          await once(agent, 'close');
        }
        if (kill === KILLS / 2) await startAgent(log, state, cluster);
        killedMs.push(killOne(log, kill));
        await delay(OUTAGE_MS / KILLS);
      }
      await cluster.startApiServer();

      const posted = async () => expect(await listEvents(cluster)).toHaveLength(KILLS);
      await vi.waitFor(posted, { timeout: POSTED_WITHIN_MS, interval: 500 });
      const events = await listEvents(cluster);
      for (let pod = 0; pod < PODS; pod += 1) {
        const inOrder = events
          .filter(({ involvedObject }) => involvedObject.name === `pod-${pod}`)
          .toSorted(
            (a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion),
          );
        for (const [index, { message, firstTimestamp }] of inOrder.entries()) {
          expect(message).toContain(`pid ${FIRST_PID + index}`);
          const lateMs = Date.parse(firstTimestamp) - (killedMs[pod + index * PODS] ?? 0);
          expect(Math.abs(lateMs)).toBeLessThan(TIMES_AGREE_MS);
        }
      }
    },
  );
});
