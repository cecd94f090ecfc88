import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type AgentProcess, startAgent } from '../support/agent-process.ts';
import { needsRoot } from '../support/needs-root.ts';
import { makeKill, makeKills } from '../support/oom-kills.ts';
import { figures, logged } from '../support/seen-kills.ts';
import { instancesIn, mountTracefs } from '../support/tracefs.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
/** Twice what the kernel explains in five seconds. */
const STORM = 20;
const SOON = 10_000;
/** Of a busy machine, on which a program takes seconds to start. */
const LIMIT_MS = 240_000;

/** As in the pod: user 0, and no capability. */
const POWERLESS = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'];

function startWithoutLog(...where: readonly string[]): Promise<AgentProcess> {
  const how = ['--dry-run', '--output=ndjson', '--listen=127.0.0.1:0', '--source=tracefs'];
  const env = { PATH: process.env['PATH'] };
  return startAgent([...how, '--kmsg=/nowhere', ...where], env, MAIN, [], POWERLESS);
}

/** An instance that somebody made, as the kubelet does. */
function makeInstance(root: string): string {
  const directory = join(root, 'instances', `kept-${process.pid}`);
  mkdirSync(directory);
  onTestFinished(() => rmdirSync(directory));
  return directory;
}

describe.skipIf(needsRoot())('the tracepoint instead of the log', { timeout: LIMIT_MS }, () => {
  test('tells each kill of a storm, and in which pod it was', async () => {
    const root = mountTracefs();
    await using agent = await startWithoutLog(`--tracefs-root=${root}`);
    const kills = await makeKills({ count: STORM, linger: 1 });
    const told = await Promise.all(kills.map((kill) => logged(agent, kill)));
    expect(new Set(told.map(({ podUid }) => podUid))).toEqual(
      new Set(kills.map(({ podUid }) => podUid)),
    );
    // Of several that are gone before they are looked at it is not said which was where.
    const wrong = told.filter(
      ({ oneOfSeveral, podUid }, at) => oneOfSeveral !== true && podUid !== kills[at]?.podUid,
    );
    expect(wrong).toEqual([]);
    const named = told.filter(({ oneOfSeveral }) => oneOfSeveral !== true);
    expect(named.length).toBeGreaterThan(0);
    console.log(`${named.length} of ${STORM} with their process`);
    expect(new Set(told.map(({ context }) => context))).toEqual(new Set(['none']));
    const now = await vi.waitUntil(async () => {
      const found = await figures(agent);
      return found['kernel_oom_kills_total'] === found['recorded_oom_kills_total'] && found;
    }, SOON);
    expect(now).toMatchObject({
      unexplained_oom_kills: 0,
      marked_victims_lost_total: 0,
      'marked_victims_total{kill="in-log"}': 0,
    });
    expect(now['marked_victims_total{kill="counted"}']).toBeGreaterThanOrEqual(STORM);
    expect(await agent.stop()).toBe(0);
    expect(instancesIn(root)).toEqual([]);
  });

  test('in an instance that stays, and is reset first', async () => {
    const directory = makeInstance(mountTracefs());
    const at = (file: string): string => join(directory, file);
    writeFileSync(at('events/oom/oom_score_adj_update/enable'), '1');
    writeFileSync(at('events/oom/mark_victim/filter'), 'pid == 1');
    writeFileSync(at('events/oom/mark_victim/trigger'), 'traceoff');
    for (const file of ['set_event_pid', 'set_event_notrace_pid']) writeFileSync(at(file), '1');
    const everyProcessor = readFileSync(at('tracing_cpumask'), 'utf8');
    writeFileSync(at('tracing_cpumask'), '1');
    writeFileSync(at('options/overwrite'), '0');
    writeFileSync(at('tracing_on'), '0');
    await using agent = await startWithoutLog(`--tracefs-instance=${directory}`);
    const again = ['run', '--dry-run', '--listen=none', '--source=tracefs'];
    const second = spawnSync(
      process.execPath,
      [MAIN, ...again, `--tracefs-instance=${directory}`],
      { encoding: 'utf8', timeout: LIMIT_MS / 4 },
    );
    expect(second.stderr).toMatch(/somebody reads it already \(EBUSY\)/);
    expect(readFileSync(at('events/oom/mark_victim/enable'), 'utf8')).toBe('1\n');
    const kill = await makeKill({ child: true });
    expect(await logged(agent, kill)).toMatchObject({ podUid: kill.podUid });
    expect(readFileSync(at('events/oom/oom_score_adj_update/enable'), 'utf8')).toBe('0\n');
    expect(readFileSync(at('tracing_cpumask'), 'utf8')).toBe(everyProcessor);
    expect(readFileSync(at('options/overwrite'), 'utf8')).toBe('1\n');
    expect(await agent.stop()).toBe(0);
    expect(readFileSync(at('events/oom/mark_victim/enable'), 'utf8')).toBe('0\n');
  });

  test('cannot be had beside --confirm, nor where there is none', () => {
    for (const [args, words, code] of [
      [['--confirm=tracefs'], /'--confirm <source>' cannot be used with option '--source/, 2],
      [
        ['--tracefs-instance=/nowhere'],
        /oom:mark_victim in \/nowhere: there is no tracefs .* \[E_TRACEFS\]/,
        1,
      ],
    ] as const) {
      const all = [MAIN, 'run', '--dry-run', '--listen=none', '--source=tracefs', ...args];
      const { status, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8' });
      expect(stderr).toMatch(words);
      expect(status).toBe(code);
    }
  });

  test('is what doctor looks for then, and not the log', () => {
    const directory = makeInstance(mountTracefs());
    const args = [
      'doctor',
      '--source=tracefs',
      '--kmsg=/nowhere',
      `--tracefs-instance=${directory}`,
    ];
    const { stdout } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
    expect(stdout).toMatch(/^✔ tracefs +\S+ has oom:mark_victim, which tells (?:names|pids)/m);
    expect(stdout).not.toMatch(/kernel log/);
  });
});
