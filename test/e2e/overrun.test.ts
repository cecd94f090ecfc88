import { describe, expect, test, vi } from 'vitest';
import { startAgent } from '../support/agent-process.ts';
import { floodLog } from '../support/flood-log.ts';
import { needsRoot } from '../support/needs-root.ts';
import { makeKill, makeKills } from '../support/oom-kills.ts';
import { eventsOf, seen } from '../support/seen-kills.ts';

const KILLS = 3;

describe.skipIf(needsRoot())('an agent that cannot keep up', () => {
  test('says how many records went, and how many kills with them', async () => {
    await using agent = await startAgent(['--dry-run', '--output=ndjson', '--listen=none'], {
      PATH: process.env['PATH'],
    });
    const before = await makeKill();
    await seen(agent, before);
    agent.child.kill('SIGSTOP');
    const kills = await makeKills({ count: KILLS });
    floodLog();
    agent.child.kill('SIGCONT');
    const compared = 'the kernel counted oom kills its log did not show';
    await vi.waitUntil(() => agent.log.some((line) => line.includes(compared)), 10_000);
    expect(await agent.stop()).toBe(0);
    const events = eventsOf(agent);
    for (const { pid } of kills) {
      expect(events.filter(({ message }) => message?.includes(`(pid ${pid})`))).toEqual([]);
    }
    expect(events).toMatchObject([
      { message: expect.stringContaining(`(pid ${before.pid})`) },
      {
        involvedObject: { kind: 'Node' },
        type: 'Warning',
        reason: 'KernelLogOverrun',
        message: expect.stringMatching(
          new RegExp(`^\\d+ kernel log records were lost; OOM kills among them: ${KILLS}$`),
        ),
      },
    ]);
  });
});
