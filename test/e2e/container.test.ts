import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test as plainTest } from 'vitest';
import { run } from '../../hack/control-plane/commands.ts';
import { AgentContainer, makeImage } from '../support/agent-container.ts';
import { AGENT_ENV } from '../support/agent-flags.ts';
import { ENTRYPOINT, type SpecOptions } from '../support/privileged-spec.ts';
import { haveTools } from '../support/test-tools.ts';

const ROOT = join(import.meta.dirname, '../..');
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('SKIPPED unless CI=true: a container needs root; run as root to test it');
const canRun = (isRoot || process.env['CI'] === 'true') && (await haveTools('runc'));

/** Of anonymous memory Node alone has 8 MiB, the agent at rest 21; runc starts it in this. */
const TOO_SMALL_BYTES = 14 * 2 ** 20;

const test = plainTest.extend<{ image: string }>({
  image: [
    // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern
    async ({}, use) => {
      const image = await makeImage();
      await use(image);
      rmSync(image, { recursive: true });
    },
    { scope: 'file' },
  ],
});

interface Agent {
  readonly container: AgentContainer;
  readonly get: (path: string) => Promise<Response>;
}

/** Of the host's network, which is the container's. */
const ADDRESS = `127.0.0.1:${20_000 + (process.pid % 10_000)}`;

/** The agent, without a cluster: it prints its Events. */
function startAgent(image: string, options: Partial<SpecOptions> = {}): Agent {
  const state = mkdtempSync(join(tmpdir(), 'agent-state-'));
  onTestFinished(() => rmSync(state, { recursive: true }));
  const container = new AgentContainer({
    image,
    hostPaths: { '/var/lib/oom-recorder': state },
    env: { NODE_NAME: 'node-1' },
    args: [`--listen=${ADDRESS}`, '--output=json'],
    ...options,
  });
  return { container, get: (path) => fetch(`http://${ADDRESS}${path}`) };
}

async function whenReady({ container, get }: Agent): Promise<void> {
  await container.whenReady(async () => (await get('/readyz').catch(() => undefined))?.ok === true);
}

/** @returns the victim's pid. More is in the Event only if nobody else's kills used up the kernel's words. */
async function killInPod(): Promise<number> {
  const printed = await run('hack/oom-kill.sh', ['--limit', '16M'], { cwd: ROOT });
  return (JSON.parse(printed) as { pid: number }).pid;
}

interface Found {
  readonly checks: readonly { name: string; status: string; found: string }[];
}

/** With the arguments of the DaemonSet; it exits 1 where something is missing. */
const CALL_DOCTOR = `
  const args = ['/app/oom-recorder.js', 'doctor', '-o', 'json', '--state-dir=/var/lib/oom-recorder', '--listen=${ADDRESS}'];
  console.log(require('child_process').spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout)`;

describe.skipIf(!canRun)('the agent in a container with the rights of the DaemonSet', () => {
  test('records a kill in another pod of the node', async ({ image }) => {
    const agent = startAgent(image);
    await using container = agent.container;
    await whenReady(agent);
    const pid = await killInPod();
    await expect.poll(() => container.output, { timeout: 10_000 }).toContain(`(pid ${pid})`);
    const metrics = await (await agent.get('/metrics')).text();
    expect(metrics).toMatch(/oom_recorder_killed_processes_total [1-9]/);
    expect(await (await agent.get('/')).text()).toContain(`(pid ${pid})`);
  });

  test('can write to its state directory and to nothing else', async ({ image }) => {
    const agent = startAgent(image);
    await using container = agent.container;
    await whenReady(agent);
    const write = (path: string) =>
      container.evaluate(
        `try { require('fs').writeFileSync('${path}/probe', ''); console.log('yes') } catch ({ code }) { console.log(code) }`,
      );
    expect(await write('/var/lib/oom-recorder')).toBe('yes\n');
    for (const path of ['', '/app', '/etc', '/tmp', '/sys/fs/cgroup']) {
      expect(`${path} ${await write(path)}`).toMatch(/ (?:EROFS|ENOENT)\n$/);
    }
  });

  test('sees the processes of the node', async ({ image }) => {
    const agent = startAgent(image);
    await using container = agent.container;
    await whenReady(agent);
    const comm = await container.evaluate(
      `console.log(require('fs').readFileSync('/proc/${process.pid}/cmdline', 'utf8'))`,
    );
    expect(comm).toContain('vitest');
  });

  test('lacks nothing that a doctor finds who is called in beside it', async ({ image }) => {
    const agent = startAgent(image);
    await using container = agent.container;
    await whenReady(agent);
    const found = JSON.parse(await container.evaluate(CALL_DOCTOR)) as Found;
    expect(found.checks.filter(({ status }) => status === 'failed')).toEqual([]);
    const words = new Map(found.checks.map(({ name, found }) => [name, found]));
    expect(words.get('host processes')).toBe('visible in /proc');
    expect(words.get('other recorders')).toBe('none on this node by the name of oom-recorder');
    expect(words.get('state lock')).toBe(
      `this container’s own agent has it (pid ${container.pid})`,
    );
    expect(words.get('port')).toBe(
      `${ADDRESS} is in use, and this container’s own agent runs (pid ${container.pid})`,
    );
  });

  test('is killed itself, and its successor records that', async ({ image }) => {
    const victim = startAgent(image, { memoryLimitBytes: TOO_SMALL_BYTES });
    await using dying = victim.container;
    await dying.ended();
    const agent = startAgent(image);
    await using container = agent.container;
    await whenReady(agent);
    await expect.poll(() => container.output, { timeout: 10_000 }).toContain(`(pid ${dying.pid})`);
  });

  test('is started as the Dockerfile does it', () => {
    const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
    expect(dockerfile).toContain(`ENTRYPOINT ${JSON.stringify(ENTRYPOINT).replaceAll(',', ', ')}`);
    const env = Object.entries(AGENT_ENV).map(([name, value]) => `${name}=${value}`);
    expect(dockerfile).toContain(`ENV ${env.join(' ')}`);
  });
});
