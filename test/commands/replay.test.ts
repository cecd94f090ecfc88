import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { dumpYaml } from '@kubernetes/client-node';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { runFake } from '../support/fake-edge.ts';
import { recordingNames } from '../support/recordings.ts';

const recording = (name: string): string => `test/testdata/kmsg/${name}.kmsg`;
const PODS = 'test/testdata/pods.json';
const SINGLE = recording('linux-6.18-cgroup1-single');
const NDJSON = ['replay', '-o', 'ndjson', '--node-name', 'node-1'];

interface Line {
  readonly victim: { readonly comm: string };
  readonly events: readonly {
    readonly involvedObject: { readonly kind: string; readonly uid: string };
    readonly reason: string;
    readonly message: string;
  }[];
}

/** The episodes of a replay, by the victim's name. */
async function episodes(name: string, ...flags: readonly string[]): Promise<Map<string, Line>> {
  const { stdout } = await runFake([...NDJSON, ...flags, recording(name)]);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((text) => JSON.parse(text) as Line).map((line) => [line.victim.comm, line]),
  );
}

describe('replay -o ndjson of a recorded kernel', () => {
  test.each(recordingNames)('%s says what its golden file says', async (name) => {
    const { code, stdout } = await runFake([...NDJSON, recording(name)]);
    expect(code).toBe(0);
    await expect(stdout).toMatchFileSnapshot(`../testdata/golden/${name}.ndjson`);
  });
});

describe('replay --pods', () => {
  test.each([
    [
      'linux-6.18-cgroup1-single',
      'hog',
      'Memory limit of container app (20Mi) reached: killed process hog (pid 15096), anon-rss 20Mi',
    ],
    [
      'linux-4.19-docker-cgroup1-excerpt',
      'main',
      'Memory limit of container main (20Mi) reached: killed process main (pid 2292670)',
    ],
    [
      '6.8-v2',
      'stress',
      'Memory limit of container stress (20Mi) reached: killed process stress (pid 91), anon-rss 20Mi',
    ],
    [
      '6.8-v2',
      'podhog',
      'Memory limit of the pod (24Mi) reached: killed process podhog (pid 96) in container sidecar, anon-rss 24Mi, pod limit',
    ],
    [
      '6.8-v2',
      'grouphog',
      'Memory limit of container prepare (32Mi) reached: killed process grouphog (pid 102) and 2 other processes of the container, anon-rss 28Mi',
    ],
  ])('%s: %s is said in words of the pod', async (name, comm, message) => {
    const line = (await episodes(name, '--pods', PODS)).get(comm);
    expect(line?.events).toMatchObject([{ reason: 'OOMKilling', message }]);
  });

  test('refers to a static pod as kubectl describe searches for it', async () => {
    const line = (await episodes('6.8-v2', '--pods', PODS)).get('kube-apiserver');
    expect(line?.events).toMatchObject([
      { involvedObject: { kind: 'Pod', uid: '0cc175b9c0f1b6a831c399e269772661' } },
    ]);
  });

  test('tells a system-wide OOM of the Node and of the Pod', async () => {
    const line = (await episodes('6.8-v2', '--pods', PODS)).get('globalhog');
    expect(line?.events).toMatchObject([
      {
        involvedObject: { kind: 'Node' },
        reason: 'SystemOOM',
        message: 'System OOM encountered, victim process: globalhog, pid: 157',
      },
      {
        involvedObject: { kind: 'Pod', fieldPath: 'spec.containers{hog}' },
        reason: 'OOMKilling',
        message: expect.stringMatching(/ \(pid 157\).*, system-wide OOM$/),
      },
    ]);
  });

  test('says nothing of another kubelet’s pod on the same kernel', async () => {
    expect((await episodes('6.8-v2', '--pods', PODS)).get('node')?.events).toEqual([]);
  });

  test('reads YAML as well', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'pods-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'pods.yaml');
    writeFileSync(path, dumpYaml(JSON.parse(readFileSync(PODS, 'utf8'))));
    const fromYaml = await runFake([...NDJSON, '--pods', path, SINGLE]);
    const fromJson = await runFake([...NDJSON, '--pods', PODS, SINGLE]);
    expect(fromYaml).toEqual(fromJson);
  });
});

describe('replay', () => {
  test('reads several logs one after the other and sums them up', async () => {
    const { code, stdout, stderr } = await runFake([...NDJSON, SINGLE, SINGLE]);
    expect({ code, lines: stdout.split('\n').length - 1 }).toEqual({ code: 0, lines: 2 });
    expect(stderr).toBe(
      'records=160 lost=0 malformed=0 forged=0 suppressed=0 episodes=2 killed=2\n',
    );
  });

  test('reads standard input', async () => {
    const stdin = readFileSync(SINGLE, 'latin1');
    expect(await runFake([...NDJSON, '-'], { stdin })).toEqual(await runFake([...NDJSON, SINGLE]));
  });

  test('counts what it cannot read, and what somebody forged', async () => {
    const stdin =
      'nonsense\n12,1,1,-;Memory cgroup out of memory: Killed process 1 (systemd) total-vm:1kB\n';
    const forged = await runFake(['replay', '-'], { stdin });
    expect(forged.stdout).toBe('');
    expect(forged.stderr).toContain('malformed=1 forged=1 suppressed=0 episodes=0 killed=0');
    const believed = await runFake(['replay', '--trust-userspace-records', '-'], { stdin });
    expect(believed.stdout).toContain('Killed process systemd');
  });

  test.each(['table', 'wide', 'json', 'yaml'])('prints Events as %s', async (format) => {
    const flags = ['--boot-time', '2026-11-22T11:00:00Z', '--pods', PODS, '--node-name', 'node-1'];
    const { code, stdout } = await runFake(['replay', '-o', format, ...flags, SINGLE]);
    expect(code).toBe(0);
    await expect(stdout).toMatchFileSnapshot(`../testdata/formats/${format}.txt`);
  });

  test.each([
    [{}, ['--node-name', 'a'], 'a'],
    [{ OOM_RECORDER_NODE_NAME: 'b' }, [], 'b'],
    [{ OOM_RECORDER_NODE_NAME: 'b' }, ['--node-name', 'a'], 'a'],
    [{ NODE_NAME: 'c' }, [], 'c'],
    [{ NODE_NAME: 'c', OOM_RECORDER_NODE_NAME: 'b' }, [], 'b'],
  ])('with %o and %o the Node is %s', async (env, flags, name) => {
    stubVariables(env);
    const { stdout } = await runFake(['replay', '-o', 'ndjson', ...flags, SINGLE], { env });
    expect(JSON.parse(stdout)).toMatchObject({ events: [{ involvedObject: { name } }] });
  });

  test('OOM_RECORDER_OUTPUT and OOM_RECORDER_PODS stand for their flags', async () => {
    stubVariables({ OOM_RECORDER_OUTPUT: 'ndjson', OOM_RECORDER_PODS: PODS });
    const { stdout } = await runFake(['replay', SINGLE]);
    expect(JSON.parse(stdout)).toMatchObject({ events: [{ involvedObject: { kind: 'Pod' } }] });
  });
});

test('a line of -o ndjson has the time of the kill where that is known', async () => {
  const undated = await runFake([...NDJSON, SINGLE]);
  expect(JSON.parse(undated.stdout)).not.toHaveProperty('time');
  const dated = await runFake([...NDJSON, '--boot-time', '2026-11-22T00:00:00Z', SINGLE]);
  const { time, monotonicUs } = JSON.parse(dated.stdout);
  expect(Date.parse(time) - Date.UTC(2026, 10, 22)).toBe(Math.floor(monotonicUs / 1000));
});

describe('replay of what is no log', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'replay-'));
  afterAll(() => rmSync(scratch, { recursive: true }));
  const file = (name: string, content: Buffer | string): string => {
    writeFileSync(join(scratch, name), content);
    return join(scratch, name);
  };
  const DMESG = 'test/testdata/saved-logs/dmesg.txt';

  test.each<[string, () => string, RegExp]>([
    ['a directory', () => scratch, /^error: .*it is a directory.*\[E_SAVED_LOG\]\n$/],
    ['nothing', () => join(scratch, 'none'), /^error: .*there is no such file.*\[E_SAVED_LOG\]\n$/],
    [
      'a program',
      () => process.execPath,
      /^error: .*a program or a core dump\. \[E_NOT_A_LOG\]\n$/,
    ],
    ['bytes without end', () => '/dev/zero', /^error: .*binary data\. \[E_NOT_A_LOG\]\n$/],
    ['text', () => 'LICENSE', /^error: .*its first line is "Apache License".*\[E_NOT_A_LOG\]\n$/],
    ['JSON', () => 'package.json', /^error: .*JSON that is no log.*\[E_NOT_A_LOG\]\n$/],
    [
      'a log from its end to its beginning',
      () => file('reversed', readFileSync(DMESG, 'utf8').split('\n').toReversed().join('\n')),
      /error: .*newest line comes first.*\[E_NOT_A_LOG\]\n$/,
    ],
  ])('%s is an error that says so', async (_, path, said) => {
    const { code, stdout, stderr } = await runFake(['replay', path()]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(said);
  });

  test.each(['', '\n\n', '-- No entries --\n'])('%j is empty, and no error', async (stdin) => {
    const { code, stderr } = await runFake(['replay', '-'], { stdin });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^records=0 .*\nstandard input: it is empty\n$/);
  });

  test('what was read before a failure is reported, and so is every other file', async () => {
    const packed = gzipSync(readFileSync(DMESG));
    const cut = file('cut.gz', packed.subarray(0, packed.length - 900));
    const { code, stdout, stderr } = await runFake([...NDJSON, cut, join(scratch, 'none'), DMESG]);
    expect(code).toBe(1);
    const [before, after] = [12, stdout.split('\n').length - 1];
    expect(after).toBeGreaterThan(before);
    expect(stderr).toMatch(
      /\nerror: .*cut\.gz: its gzip data ends too early.*\nerror: .*there is no such file.*\n$/,
    );
  });
});

describe('replay of a log that has no end', () => {
  test('ends with a signal, and reports what it has read', async () => {
    const stopping = new AbortController();
    const stdin = new PassThrough();
    stdin.write(readFileSync('test/testdata/saved-logs/journalctl-json.txt'));
    const running = runFake([...NDJSON, '-', 'none'], { stdin, signal: stopping.signal });
    setImmediate(() => stopping.abort());
    const { code, stdout, stderr } = await running;
    expect({ code, episodes: stdout.split('\n').length - 1 }).toEqual({ code: 0, episodes: 12 });
    expect(stderr).toContain('\nended by a signal: what came after that was not read\n');
  });

  test('that fails reports what it has read', async () => {
    const stdin = new PassThrough();
    stdin.write(readFileSync(SINGLE));
    const running = runFake([...NDJSON, '-'], { stdin });
    setImmediate(() => stdin.destroy(Object.assign(new Error('read EIO'), { code: 'EIO' })));
    const { code, stdout, stderr } = await running;
    expect({ code, episodes: stdout.split('\n').length - 1 }).toEqual({ code: 1, episodes: 1 });
    expect(stderr).toMatch(/error: Reading a saved kernel log: read EIO.*\[E_SAVED_LOG\]\n$/);
  });
});

describe('replay says when it was', () => {
  const DMESG = 'test/testdata/saved-logs/dmesg.txt';
  const columns = async (...args: readonly string[]): Promise<string | undefined> =>
    (await runFake(['replay', ...args])).stdout.split('\n')[1]?.split(/ {2,}/)[1];

  test.each([
    ['since boot, where nobody knows when that was', [DMESG], '[22.733857]'],
    ['by the boot time that was told', ['--boot-time', '2026-11-22T11:00:00Z', DMESG], '59m'],
    ['by the log itself', ['test/testdata/saved-logs/journalctl-json.txt'], '59m'],
    [
      'by the log itself, whatever boot time was told',
      ['--boot-time', '2026-01-01T00:00:00Z', 'test/testdata/saved-logs/journalctl-json.txt'],
      '59m',
    ],
  ])('%s', async (_, args, said) => {
    expect(await columns(...args)).toBe(said);
  });

  test('an Event that nobody knows the date of has none, and says when it was since boot', async () => {
    const { stdout } = await runFake(['replay', '-o', 'json', SINGLE]);
    const event = JSON.parse(stdout) as Record<string, unknown>;
    expect(event).not.toHaveProperty('firstTimestamp');
    expect(event).not.toHaveProperty('lastTimestamp');
    expect(event).toMatchObject({
      metadata: { annotations: { 'oom-recorder.dev/since-boot-seconds': '906.354791' } },
    });
  });

  test.each(['dmesg-e.txt', 'dmesg-t.txt'])(
    'in %s nothing tells that, which is said, and a boot time dates nothing',
    async (file) => {
      const boot = ['--boot-time', '2026-11-22T11:00:00Z'];
      const log = `test/testdata/saved-logs/${file}`;
      const { stdout, stderr } = await runFake(['replay', ...boot, log]);
      expect(stdout.split('\n')[1]).toMatch(/^default +\[\d+\.\d{6}\]/);
      expect(stderr).toMatch(/nothing tells when \d+ of its records were written/);
    },
  );

  test('after a reboot in the middle of it nothing is known of the boot time that was told', async () => {
    const stdin = readFileSync(DMESG, 'latin1').repeat(2);
    const args = ['replay', '--boot-time', '2026-11-22T11:00:00Z', '-'];
    const rows = (await runFake(args, { stdin })).stdout.split('\n').slice(1, -1);
    const seen = rows.map((row) => row.split(/ {2,}/)[1]);
    expect(seen).toHaveLength(24);
    expect([seen[0], seen[12]]).toEqual(['59m', '[22.733857]']);
  });
});

/** commander reads the process's own environment. */
function stubVariables(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}
