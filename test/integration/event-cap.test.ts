import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, vi } from 'vitest';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { testWithCluster } from '../support/cluster.ts';
import { killReport } from '../support/kill-report.ts';
import { spawnCrashAgent, whenReading } from '../support/spawn-crash-agent.ts';
import { tempDirectory } from '../support/temp-directory.ts';

const test = testWithCluster();

const MAX = 6;
const PODS = 10;
const KILLS = 40;
const RECORDS_PER_KILL = 4;
const NEXT_MINUTE_MS = 61_000;
/** So long nothing more may come. */
const READ_WITHIN_MS = 1500;
const WITHIN = { timeout: 60_000, interval: 200 };

interface Counted {
  readonly writes: number;
  readonly kills: number;
}

/** How often the API server was written to about the pods: none of these Events is patched twice. */
async function count(cluster: ControlPlane): Promise<Counted> {
  const text = await cluster.kubectl(['get', 'events', '-n', 'shop', '-o', 'json']);
  const { items }: { items: readonly { readonly count: number }[] } = JSON.parse(text);
  return { writes: items.length, kills: items.reduce((sum, { count: kills }) => sum + kills, 0) };
}

test(
  'a cap lets so many Events a minute through, whatever restarts, and every kill is counted in the end',
  { timeout: 300_000 },
  async ({ cluster }) => {
    const directory = tempDirectory();
    const [log, state] = [join(directory, 'kmsg'), join(directory, 'state')];
    writeFileSync(log, '');
    await cluster.kubectl(['create', 'namespace', 'shop']);
    const { kubeconfig } = cluster;
    let stoppedMs = Date.now();
    /** So much later by its clock, which stands still while none runs. */
    const start = async (laterMs: number) => {
      const aheadMs = stoppedMs + laterMs - Date.now();
      const options = { log, state, kubeconfig, aheadMs, maxEventsPerMinute: MAX };
      const agent = spawnCrashAgent(options);
      onTestFinished(() => void agent.kill('SIGKILL'));
      await whenReading(agent);
      return async () => {
        agent.kill('SIGKILL');
        await once(agent, 'close');
        stoppedMs = Date.now() + aheadMs;
      };
    };

    const crash = await start(0);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const monotonicUs = Number(process.hrtime.bigint() / 1000n);
      const at = { sequence: kill * RECORDS_PER_KILL, monotonicUs };
      for (const record of killReport({ ...at, pod: kill % PODS, pid: 3001 + kill }))
        appendFileSync(log, record);
    }
    await vi.waitFor(async () => expect((await count(cluster)).writes).toBe(MAX), WITHIN);
    await crash();
    // The log is read to its end, and the minute is not over.
    const again = await start(0);
    await delay(READ_WITHIN_MS);
    await again();
    expect(await count(cluster)).toEqual({ writes: MAX, kills: MAX });

    const inTheNext = await start(NEXT_MINUTE_MS);
    await vi.waitFor(async () => expect((await count(cluster)).writes).toBe(2 * MAX), WITHIN);
    await delay(READ_WITHIN_MS);
    await inTheNext();
    expect(await count(cluster)).toMatchObject({ writes: 2 * MAX });

    await start(NEXT_MINUTE_MS);
    await vi.waitFor(async () => expect((await count(cluster)).kills).toBe(KILLS), WITHIN);
    // Six kills alone, and of each pod the others together.
    expect(await count(cluster)).toEqual({ writes: MAX + PODS, kills: KILLS });
  },
);
