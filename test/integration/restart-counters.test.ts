import { describe, expect, test, vi } from 'vitest';
import { TailedNode, type TailingAgent } from '../support/tailing-agent.ts';

const RECORDS_PER_KILL = 4;
const PATIENCE_MS = 10_000;
const KILLED = 'container_oom_events_total{namespace="shop",pod="pod-1",container="app"}';
/** Of a second kill with the same words. */
const POSTED = 'oom_recorder_event_posts_total{outcome="patched"}';
const READ = 'oom_recorder_log_records_total';

async function printed(agent: TailingAgent, events: number): Promise<void> {
  await vi.waitUntil(() => agent.printed.length === events, { timeout: PATIENCE_MS });
}

describe('the counters of an agent', () => {
  test('go on after a SIGKILL and after an orderly end', async () => {
    const node = new TailedNode(2);
    {
      await using first = await node.start();
      for (let kill = 0; kill < 3; kill += 1) node.kill(1);
      await printed(first, 3);
      expect(await first.process.stop('SIGKILL')).toBe('SIGKILL');
    }
    {
      await using second = await node.start();
      const [killed, postedBefore = NaN] = await second.metrics(KILLED, POSTED);
      expect(killed).toBe(3);
      for (let kill = 0; kill < 2; kill += 1) node.kill(1);
      await printed(second, 2);
      const all = [5, 5 * RECORDS_PER_KILL, postedBefore + 2];
      await expect.poll(() => second.metrics(KILLED, READ, POSTED)).toEqual(all);
      expect(await second.process.stop()).toBe(0);

      await using third = await node.start();
      expect(await third.metrics(KILLED, READ, POSTED)).toEqual(all);
      expect(third.printed).toEqual([]);
    }
  });
});
