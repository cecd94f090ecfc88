import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startAgent } from '../support/agent-process.ts';
import { needsRoot } from '../support/needs-root.ts';
import { makeKill, makeKills, type MadeKill } from '../support/oom-kills.ts';
import { episodesOf, eventsOf, killWithContext, logged, seen } from '../support/seen-kills.ts';

/** From before the process began to eat until its Event is printed. */
const PROMPTLY_MS = 1000;
/** Ctrl-C is a person waiting. */
const AT_ONCE_MS = 500;

const STORM = 25;
/** The kernel prints the context of 10 kills per 5 s, and a storm may meet two such intervals. */
const MOST_CONTEXTS = 20;

const NOBODY = 65_534;
const NODE = 'node-1';

const start = (output: string) =>
  startAgent(['--dry-run', `--output=${output}`, `--node-name=${NODE}`], {
    PATH: process.env['PATH'],
  });

function ownerWords({ podUid, containerId }: MadeKill): string {
  return `(pod ${podUid}, container ${containerId})`;
}

describe.skipIf(needsRoot())('run on the real kernel', () => {
  test('prints the Event of a real kill, and nothing else about its pod', async () => {
    await using agent = await start('ndjson');
    const kill = await killWithContext(agent, { name: 'eater', limit: '20M', oomScoreAdj: 7 });
    await seen(agent, kill);
    const events = eventsOf(agent).filter(({ message }) => message?.includes(kill.podUid));
    expect(events).toMatchObject([
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { namespace: 'default', name: expect.stringMatching(/^node-1\.[0-9a-f]{16}$/) },
        involvedObject: { apiVersion: 'v1', kind: 'Node', name: NODE, uid: NODE },
        type: 'Warning',
        reason: 'OOMKilling',
        count: 1,
        source: { component: 'oom-recorder', host: NODE },
      },
    ]);
    expect(events[0]?.message).toContain(
      `Memory limit of ${kill.cgroup} (20Mi) reached: killed process eater (pid ${kill.pid}) ` +
        `in a pod unknown on this node ${ownerWords(kill)}, anon-rss `,
    );
    expect(events[0]?.metadata.annotations).toMatchObject({
      'oom-recorder.dev/victim-pid': String(kill.pid),
      'oom-recorder.dev/limit-level': 'container',
      'oom-recorder.dev/limit-bytes': String(20 * 2 ** 20),
      'oom-recorder.dev/context': 'full',
    });
  });

  test('prints it within a second of the kill', async () => {
    await using agent = await start('ndjson');
    await seen(agent, await makeKill());
    const startedAtMs = performance.now();
    await seen(agent, await makeKill());
    expect(performance.now() - startedAtMs).toBeLessThan(PROMPTLY_MS);
  });

  test('logs one line for each episode, with the documented fields', async () => {
    await using agent = await start('ndjson');
    const kill = await killWithContext(agent, { podLimit: '24M' });
    const lines = episodesOf(agent).filter(({ podUid }) => podUid === kill.podUid);
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        msg: 'oom kill recorded',
        sequence: expect.any(Number),
        podUid: kill.podUid,
        containerId: kill.containerId,
        limitLevel: 'pod',
        limitKb: 24 * 1024,
        oomMemcg: kill.cgroup.slice(0, kill.cgroup.lastIndexOf('/')),
        taskMemcg: kill.cgroup,
        victimPid: kill.pid,
        victimComm: 'eater',
        killed: 1,
        context: 'full',
        events: [expect.stringMatching(/^node-1\.[0-9a-f]{16}$/)],
      },
    ]);
  });

  test('reports a child that is killed while its parent lives', async () => {
    await using agent = await start('ndjson');
    const kill = await killWithContext(agent, { child: true, name: 'the child' });
    const event = await seen(agent, kill);
    expect(event).toContain(`killed process the child (pid ${kill.pid}) in a pod`);
    expect(event).toContain(ownerWords(kill));
  });

  test('records every one of 25 kills within a second, and blames no wrong pod', async () => {
    await using agent = await start('ndjson');
    await logged(agent, await makeKill());
    const kills = await makeKills({ count: STORM });
    const endedAtMs = performance.now();
    const episodes = await Promise.all(kills.map((kill) => logged(agent, kill)));
    expect(performance.now() - endedAtMs).toBeLessThan(PROMPTLY_MS);

    const pids = new Set(kills.map(({ pid }) => pid));
    expect(episodesOf(agent).filter(({ victimPid }) => pids.has(victimPid))).toHaveLength(STORM);
    for (const [at, { podUid, oneOfSeveral }] of episodes.entries()) {
      if (oneOfSeveral === true) continue;
      expect([undefined, kills[at]?.podUid]).toContain(podUid);
    }
    const suppressed = episodes.filter(({ context }) => context === 'suppressed');
    expect(suppressed.length).toBeGreaterThanOrEqual(STORM - MOST_CONTEXTS);
    const found = suppressed.filter(({ podUid }) => podUid !== undefined).length;
    console.log(`storm: ${suppressed.length} of ${STORM} without context, ${found} found in /proc`);
  });

  test('prints names made to mislead, safely', async () => {
    await using agent = await start('table');
    const printed = async (name: string) => {
      const row = await seen(agent, await makeKill({ name }));
      return / process (?<words>.*) \(pid \d+\)/.exec(row)?.groups?.['words'];
    };
    expect(await printed('x,pid=1,uid=0')).toBe('x,pid=1,uid=0');
    expect(await printed('foo) total-vm:')).toBe('foo) total-vm:');
    expect(await printed('a\nb')).toBe(String.raw`a\x0ab`);
    expect(await printed('\u001B[2J\u0007')).toBe(String.raw`\x1b[2J\x07`);
    expect(await printed('')).toBe('""');
    expect(await printed('grün')).toBe('grün');
    expect(agent.output.join('')).not.toMatch(/\p{Cc}/u);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it at once, with exit code 0', async (how) => {
    await using agent = await start('ndjson');
    const sentAtMs = performance.now();
    expect(await agent.stop(how)).toBe(0);
    expect(performance.now() - sentAtMs).toBeLessThan(AT_ONCE_MS);
    expect(agent.log.at(-1)).toContain('"msg":"stopped"');
  });

  test('without permission it says in one sentence what is missing, exit code 1', () => {
    const directory = mkdtempSync(join(tmpdir(), 'kmsg-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'kmsg');
    execFileSync('mknod', ['-m', '600', path, 'c', '1', '11']);
    chownSync(path, NOBODY, NOBODY);
    // Root without capabilities: our own files are ours to read, somebody else's are not.
    const powerless = ['--bounding-set=-all', '--inh-caps=-all', '--', process.execPath];
    const { status, stdout, stderr } = spawnSync(
      'setpriv',
      [...powerless, 'src/main.ts', 'run', '--dry-run', `--kmsg=${path}`],
      { encoding: 'utf8' },
    );
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^error: .*permission denied.*CAP_SYSLOG.*privileged: true.*\[E_KMSG_PERMISSION\]$/,
    );
  });
});
