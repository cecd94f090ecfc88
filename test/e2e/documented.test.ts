import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { docCommand } from '../support/doc-commands.ts';
import { needsRoot } from '../support/needs-root.ts';

const ROOT = join(import.meta.dirname, '../..');
/** `make demo` builds an API server where nobody has built one yet. */
const LIMIT_MS = 120_000;
const SOON = { timeout: 30_000, interval: 100 };

/** Types a command of the README, as somebody does who stands in the project’s directory. */
function type(command: string) {
  const env = { ...process.env, OOM_RECORDER_LISTEN: 'none' };
  const child = spawn('bash', ['-c', command], { cwd: ROOT, env, detached: true });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close').then(() => child.exitCode);
  /** As Ctrl-C does: to the whole of it. */
  const interrupt = (): void => {
    if (child.exitCode === null && child.signalCode === null)
      process.kill(-Number(child.pid), 'SIGINT');
  };
  onTestFinished(interrupt);
  return { said: () => said, ended, interrupt };
}

describe.skipIf(needsRoot())('what the README says to type', { timeout: LIMIT_MS }, () => {
  beforeAll(() => {
    const { status } = spawnSync('make', ['-q', 'node_modules/.package-lock.json'], { cwd: ROOT });
    if (status !== 0) throw new Error('make would install anew below this test: run make setup');
  });

  test('make run, and in another terminal make oom-kill', async () => {
    const agent = type(docCommand('README.md', 'make run').command);
    await vi.waitFor(() => expect(agent.said()).toContain('watching the kernel log'), SOON);
    const kill = type(docCommand('README.md', 'make oom-kill').command);
    expect(await kill.ended).toBe(0);
    const { podUid, pid } = JSON.parse(kill.said()) as { podUid: string; pid: number };
    const words = new RegExp(
      `^default +\\S+ +Warning +OOMKilling +node/\\S+ +Memory limit of /\\S*${podUid}\\S* \\(16Mi\\) reached: killed process java \\(pid ${pid}\\)`,
      'm',
    );
    await vi.waitFor(() => expect(agent.said()).toMatch(words), SOON);
    agent.interrupt();
    await agent.ended;
  });

  test('make demo, which types the rest', async () => {
    const demo = type(docCommand('README.md', 'make demo').command);
    expect(await demo.ended, `said: ${demo.said()}`).toBe(0);
    const [, victim] =
      /the kernel killed (java \(pid \d+\)) in container app/.exec(demo.said()) ?? [];
    const typed = [
      docCommand('README.md', 'kubectl get events'),
      docCommand('README.md', 'kubectl describe pod'),
      docCommand('README.md', 'kubectl oom -n shop'),
      docCommand('README.md', 'kubectl oom worker'),
    ];
    for (const { command } of typed) expect(demo.said()).toContain(`\n$ ${command}\n`);
    const events = `pod/checkout   Memory limit of container app (16Mi) reached: killed process ${victim}, anon-rss `;
    expect(demo.said()).toContain(events);
    expect(demo.said()).toContain("the container's main process survived");
  });
});
