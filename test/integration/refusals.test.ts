import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, vi } from 'vitest';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { ApiClient } from '../../src/kube/api-client.ts';
import { ApiError } from '../../src/kube/api-errors.ts';
import { loadKubeconfig } from '../../src/kube/load-cluster.ts';
import { KubeSink } from '../../src/post/kube-sink.ts';
import { agentIdentity } from '../support/agent-identity.ts';
import { testWithCluster } from '../support/cluster.ts';
import { ensureNamespace } from '../support/cluster-objects.ts';
import { makeEvent } from '../support/fake-outbox.ts';
import { killReport } from '../support/kill-report.ts';
import { tempDirectory } from '../support/temp-directory.ts';

const AGENT = join(import.meta.dirname, '../support/crash-agent.ts');
const MANIFESTS = join(import.meta.dirname, '../../manifests/base');
const BINDING = join(MANIFESTS, 'cluster-role-binding.yaml');
const AWAY_MS = 3000;
const PODS = 20;
const RECORDS_PER_KILL = 4;
/** The back-off of who waited 3 s, and of who met a server that was away for some seconds. */
const POSTED_WITHIN_MS = 40_000;

const test = testWithCluster().extend<{ kubeconfig: string }>({
  /** Of the agent's ServiceAccount, with the rights of `manifests/base` and no others. */
  kubeconfig: async ({ cluster }, use) => {
    await ensureNamespace(cluster, 'shop');
    await use((await agentIdentity(cluster)).kubeconfig);
  },
});

/** What the API server said to one Event after the other, from its start until it took one. */
async function askUntilTaken(kubeconfig: string): Promise<ApiError[]> {
  await using client = new ApiClient(loadKubeconfig(kubeconfig, {}));
  const sink = new KubeSink(client);
  const errors: ApiError[] = [];
  for (let n = 0; ; n += 1) {
    try {
      await sink.create(makeEvent('asks', n));
      return errors;
    } catch (err) {
      if (!(err instanceof ApiError) || err.code === 'E_API_EXISTS') throw err;
      errors.push(err);
      await delay(2);
    }
  }
}

/**
 * Seen of 1.36.3: no connection, then 403 `events is forbidden: User … cannot create resource "events" …`
 * with a Status to valid credentials for about 0.1 s, then 201.
 */
test('an API server that starts says nothing that is final', async ({ cluster, kubeconfig }) => {
  await cluster.stopApiServer();
  const asking = askUntilTaken(kubeconfig);
  await cluster.startApiServer();
  const errors = await asking;
  expect(errors.filter(({ retryable }) => !retryable)).toEqual([]);
});

function kill(log: string, index: number): void {
  const records = killReport({
    sequence: index * RECORDS_PER_KILL,
    monotonicUs: Number(process.hrtime.bigint() / 1000n),
    pod: index % PODS,
    pid: 3001 + index,
  });
  for (const record of records) appendFileSync(log, record);
}

async function countEvents(cluster: ControlPlane): Promise<number> {
  const list = await cluster.kubectl(['get', 'events', '-n', 'shop', '-o', 'name']);
  return list.split('\n').filter((name) => name.includes('pod-')).length;
}

test('no Event is lost to a binding that is away, nor to a restart', async ({
  cluster,
  kubeconfig,
}) => {
  const directory = tempDirectory();
  const [log, state] = [join(directory, 'kmsg'), join(directory, 'state')];
  writeFileSync(log, '');
  const agent = spawn(process.execPath, [AGENT, log, state, kubeconfig], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  onTestFinished(() => void agent.kill('SIGKILL'));
  let said = '';
  agent.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await once(agent.stdout, 'data');

  let kills = 0;
  const killFor = async (ms: number): Promise<void> => {
    for (const endMs = Date.now() + ms; Date.now() < endMs; await delay(100)) kill(log, kills++);
  };
  await killFor(500);
  await cluster.kubectl(['delete', '-f', BINDING]);
  await killFor(AWAY_MS);
  const binding = readFileSync(BINDING, 'utf8');
  await cluster.kubectl(['apply', '-f', '-'], { input: binding });
  const restarting = cluster.stopApiServer().then(() => cluster.startApiServer());
  await Promise.all([restarting, killFor(AWAY_MS)]);

  const posted = async () => expect(await countEvents(cluster)).toBe(kills);
  await vi.waitFor(posted, { timeout: POSTED_WITHIN_MS, interval: 500 });
  expect(said).toContain('E_API_FORBIDDEN');
  expect(said).not.toContain('event dropped');
});
