import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startAgent } from '../support/agent-process.ts';
import { needsRoot } from '../support/needs-root.ts';
import { makeKill, makeKills } from '../support/oom-kills.ts';
import { episodesOf, seen } from '../support/seen-kills.ts';

/** Ten contexts in five seconds, and the kills may meet two such intervals: the next line comes alone. */
const CONTEXTS = 21;
const KUBEPODS = '/sys/fs/cgroup/memory/kubepods';
/** Another process may be forked in between. */
const TRIES = 20;

/**
 * A process of this pid and name in a container of a pod of its own: what happens to a pid in a
 * container that forks. The kernel gives the next pid after the last one it gave.
 */
async function reusePid(pid: number, name: string): Promise<{ podUid: string }> {
  const podUid = randomUUID();
  const pod = `${KUBEPODS}/pod${podUid}`;
  const container = `${pod}/${'d'.repeat(64)}`;
  mkdirSync(container, { recursive: true });
  const script = `exec 3<&0; echo ${pid - 1} >/proc/sys/kernel/ns_last_pid
    { printf ${name} >/proc/self/comm; read -r _ <&3; } & echo $!; read -r _`;
  for (let tries = 0; tries < TRIES; tries += 1) {
    // Its stdin stays open as long as the test: both processes wait for a line of it.
    const shell = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'] });
    const [line] = (await once(createInterface({ input: shell.stdout }), 'line')) as [string];
    if (Number(line) === pid) {
      writeFileSync(`${container}/cgroup.procs`, line);
      onTestFinished(async () => {
        process.kill(pid, 'SIGKILL');
        shell.kill('SIGKILL');
        await once(shell, 'exit');
        // Its cgroup is busy until the dead have been waited for.
        await vi.waitUntil(() => readFileSync(`${container}/cgroup.procs`, 'utf8') === '');
        rmdirSync(container);
        rmdirSync(pod);
      });
      return { podUid };
    }
    shell.kill('SIGKILL');
  }
  throw new Error(`pid ${pid} was not to be had in ${TRIES} tries`);
}

describe.skipIf(needsRoot())('a reader that was stopped for seconds', () => {
  test('does not take the next owner of a pid for the victim', async () => {
    await using agent = await startAgent(['--dry-run', '--output=ndjson', '--node-name=node-1'], {
      PATH: process.env['PATH'],
    });
    await makeKills({ count: CONTEXTS });
    agent.child.kill('SIGSTOP');
    const kill = await makeKill({ name: 'twin' });
    const other = await reusePid(kill.pid, 'twin');
    agent.child.kill('SIGCONT');
    await seen(agent, kill);
    const episode = episodesOf(agent).find(({ victimPid }) => victimPid === kill.pid);
    expect(episode).toMatchObject({ context: 'suppressed', victimComm: 'twin' });
    expect(episode?.podUid).not.toBe(other.podUid);
  });
});
