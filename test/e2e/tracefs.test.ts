import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { type AgentProcess, startAgent } from '../support/agent-process.ts';
import { floodLog } from '../support/flood-log.ts';
import { needsRoot } from '../support/needs-root.ts';
import { makeKill, makeKills } from '../support/oom-kills.ts';
import { eventsOf, figures, logged, seen } from '../support/seen-kills.ts';
import { tempDirectory } from '../support/temp-directory.ts';
import { instancesIn, mountReadOnly, mountTracefs } from '../support/tracefs.ts';

const STORM = 50;
/** More than the message of an Event names. */
const LOST = 12;
const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
/** The kernel's counter is compared twice, a second apart, and told ten seconds after the gap. */
const COMPARED_WITHIN_MS = 30_000;

/** What a start leaves to be done. */
const SETTLES_MS = 8_000;
/** Of these the quietest counts: others may write to the log, and V8 may tidy up. */
const WINDOWS = 3;
const WINDOW_MS = 10_000;
/** Of a few wake-ups; a timer of two seconds would be five. */
const NOISE = 4;

function start(...more: readonly string[]): Promise<AgentProcess> {
  const how = ['--dry-run', '--output=ndjson', '--listen=127.0.0.1:0'];
  return startAgent([...how, ...more], { PATH: process.env['PATH'] });
}

function startConfirming(root: string): Promise<AgentProcess> {
  return start('--confirm=tracefs', `--tracefs-root=${root}`);
}

/** How often all threads of it have waited for something and gone on. */
function wakeUps({ child: { pid } }: AgentProcess): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
    return sum + Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1]);
  }, 0);
}

/** Pids of the victims whom the tracepoint alone named. */
function namedAlone({ log }: AgentProcess): readonly number[] {
  const lines = log.filter((line) => line.includes('oom victim named by the tracepoint alone'));
  return lines.map((line) => (JSON.parse(line) as { pid: number }).pid);
}

describe.skipIf(needsRoot())('the tracepoint beside the log', () => {
  test('agrees with it in a storm', { timeout: 300_000 }, async () => {
    await using agent = await startConfirming(mountTracefs());
    const kills = await makeKills({ count: STORM });
    expect(kills).toHaveLength(STORM);
    for (const kill of kills) await logged(agent, kill);
    const found = await vi.waitUntil(async () => {
      const now = await figures(agent);
      return now['kernel_oom_kills_total'] === now['recorded_oom_kills_total'] ? now : undefined;
    }, 10_000);
    const inLog = found['marked_victims_total{kill="in-log"}'];
    expect(inLog).toBeGreaterThanOrEqual(STORM);
    expect(found).toMatchObject({
      recorded_oom_kills_total: inLog,
      'marked_victims_total{kill="not-in-log"}': 0,
      'marked_victims_total{kill="none"}': 0,
      marked_victims_lost_total: 0,
      unexplained_oom_kills: 0,
    });
    expect(namedAlone(agent)).toEqual([]);
  });

  test('names every kill that the log lost', { timeout: 120_000 }, async () => {
    await using agent = await startConfirming(mountTracefs());
    const before = await makeKill();
    await seen(agent, before);
    agent.child.kill('SIGSTOP');
    const lost = await makeKills({ count: LOST });
    floodLog();
    agent.child.kill('SIGCONT');
    const isSaid = () => eventsOf(agent).find(({ reason }) => reason === 'KernelLogOverrun');
    const { message } = await vi.waitUntil(isSaid, COMPARED_WITHIN_MS);
    const pids = lost.map(({ pid }) => pid);
    expect(namedAlone(agent)).toEqual(expect.arrayContaining(pids));
    expect(message).toMatch(
      /^\d+ kernel log records were lost; OOM kills among them: \d+; marked as victims: (?:eater \(pid \d+\)(?:, | and )){10}\d+ other processes$/,
    );
    expect(await figures(agent)).toMatchObject({
      'marked_victims_total{kill="not-in-log"}': namedAlone(agent).length,
      'marked_victims_total{kill="none"}': 0,
    });
    const after = await makeKill();
    await seen(agent, after);
    expect(namedAlone(agent)).not.toContain(after.pid);
  });

  test('has no timer that the log alone has not', { timeout: 120_000 }, async () => {
    await using alone = await start();
    await using both = await startConfirming(mountTracefs());
    await sleep(SETTLES_MS);
    const windows: number[][] = [];
    for (let window = 0; window < WINDOWS; window += 1) {
      const before = [wakeUps(alone), wakeUps(both)];
      await sleep(WINDOW_MS);
      windows.push([wakeUps(alone), wakeUps(both)].map((now, n) => now - (before[n] ?? 0)));
    }
    const [ofLog = 0, ofBoth = 0] = [0, 1].map((n) =>
      Math.min(...windows.map((all) => all[n] ?? 0)),
    );
    console.log(
      `idle for ${WINDOW_MS / 1000} s: ${ofLog} wake-ups with the log, ${ofBoth} with both`,
    );
    expect(ofBoth).toBeLessThan(ofLog + NOISE);
  });

  test('leaves nothing behind, and removes what a killed agent left', async () => {
    const root = mountTracefs();
    const first = await startConfirming(root);
    const [left] = instancesIn(root);
    await using second = await startConfirming(root);
    expect(instancesIn(root)).toHaveLength(2);
    await first.stop('SIGKILL');
    expect(instancesIn(root)).toContain(left);
    await using third = await startConfirming(root);
    expect(instancesIn(root)).toHaveLength(2);
    expect(instancesIn(root)).not.toContain(left);
    expect(await second.stop()).toBe(0);
    expect(await third.stop('SIGINT')).toBe(0);
    expect(instancesIn(root)).toEqual([]);
  });

  test('is told where it cannot be had', () => {
    const readOnly = mountReadOnly(mountTracefs());
    const none = tempDirectory();
    for (const [root, words] of [
      [readOnly, /it may not be written \(EROFS\)\. Run as root; .* not read-only \[E_TRACEFS\]/],
      [none, /there is no tracefs with that event\. Mount it .*--tracefs-root \[E_TRACEFS\]/],
    ] as const) {
      const args = ['run', '--dry-run', '--confirm=tracefs', `--tracefs-root=${root}`];
      const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
      expect(stderr).toMatch(words);
      expect(status).toBe(1);
    }
  });

  test('is what doctor looks for, without a trace', () => {
    const root = mountTracefs();
    const args = ['doctor', '--confirm=tracefs', `--tracefs-root=${root}`];
    const { stdout } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
    expect(stdout).toMatch(/^✔ tracefs +\S+ has oom:mark_victim, which tells (?:names|pids)/m);
    expect(instancesIn(root)).toEqual([]);
  });
});
