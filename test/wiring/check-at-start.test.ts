import { beforeEach, describe, expect, test } from 'vitest';
import { NodeIdentity } from '../../src/kube/node-identity.ts';
import { NO_PODS } from '../../src/pods/pods-file.ts';
import type { AgentSetup } from '../../src/wiring/agent-options.ts';
import { checkAtStart } from '../../src/wiring/check-at-start.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { tempDirectory } from '../support/temp-directory.ts';

let log: MemoryLog;
let clock: FakeClock;

beforeEach(() => {
  log = new MemoryLog();
  clock = new FakeClock();
});

/** On a node of which nothing is visible. */
function start(kind: AgentSetup['kind'], random = 0): () => void {
  const setup = {
    kind,
    log,
    bootId: 'boot-1',
    node: new NodeIdentity('node-1'),
    listed: NO_PODS,
    cluster: undefined,
    certificate: undefined,
    outputs: [],
  };
  const nothing = tempDirectory();
  return checkAtStart(
    { source: 'kmsg', procRoot: nothing, cgroupRoot: nothing },
    setup,
    undefined,
    { clock, random: () => random },
  );
}

describe('an agent that has started', () => {
  test('says once, in one line, what is missing and how to mend it', async () => {
    start('kernel');
    await clock.advance(999);
    expect(log.lines).toEqual([]);
    await clock.advance(1);
    expect(log.lines).toEqual([
      {
        level: 'warn',
        message: 'not all is there that oom-recorder doctor looks for',
        facts: {
          missing: [
            expect.stringMatching(/^host processes: .* → set hostPID: true/),
            expect.stringMatching(/^cgroups: there are no memory cgroups .* → mount the host’s/),
            expect.stringMatching(/^kill counter: .* → /),
          ],
        },
      },
    ]);
    await clock.advance(3_600_000);
    expect(log.lines).toHaveLength(1);
  });

  test('looks at its own moment of a minute, so that not all nodes ask the API server at once', async () => {
    start('kernel', 0.5);
    await clock.advance(30_999);
    expect(log.lines).toEqual([]);
    await clock.advance(1);
    expect(log.lines).toHaveLength(1);
  });

  test('says nothing when it has ended', async () => {
    start('kernel')();
    expect(clock.waiting).toBe(0);
    await clock.advance(10_000);
    expect(log.lines).toEqual([]);
  });

  test('says nothing of another machine’s log', async () => {
    start('saved');
    await clock.advance(10_000);
    expect(log.lines).toEqual([]);
  });
});
