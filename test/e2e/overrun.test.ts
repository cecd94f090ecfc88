import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { startAgent } from '../support/agent-process.ts';
import { needsRoot } from '../support/needs-root.ts';
import { makeKill, makeKills } from '../support/oom-kills.ts';
import { eventsOf, seen } from '../support/seen-kills.ts';

/** Of this run alone. */
const FLOOD = `flood ${randomUUID()} ${'x'.repeat(900)}`;
const KILLS = 3;
const RECORD_BYTES = 8192;

/** Writes to the kernel log until it holds nothing else. */
function flood(): void {
  // A writer per record: devkmsg_write() allows each open file ten records in five seconds.
  while (!oldestRecord().includes(FLOOD)) writeFileSync('/dev/kmsg', `${FLOOD}\n`);
}

function oldestRecord(): string {
  const log = openSync('/dev/kmsg', 'r');
  try {
    const record = Buffer.alloc(RECORD_BYTES);
    return record.toString('latin1', 0, readSync(log, record));
  } finally {
    closeSync(log);
  }
}

describe.skipIf(needsRoot())('an agent that cannot keep up', () => {
  test('says how many records went, and how many kills with them', async () => {
    await using agent = await startAgent(['--dry-run', '--output=ndjson', '--listen=none'], {
      PATH: process.env['PATH'],
    });
    const before = await makeKill();
    await seen(agent, before);
    agent.child.kill('SIGSTOP');
    const kills = await makeKills({ count: KILLS });
    flood();
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
