import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runFake } from '../support/fake-edge.ts';

const recording = (name: string): string => `test/testdata/kmsg/${name}.kmsg`;
const SINGLE = recording('linux-6.18-cgroup1-single');
const NAMED = ['--pods', 'test/testdata/pods.json', '--boot-time', '2026-11-22T11:00:00Z'];

/** Recordings of few episodes that are unlike each other. */
const RECORDINGS: readonly (readonly [string, readonly string[]])[] = [
  ['linux-6.18-cgroup1-single', NAMED],
  ['linux-4.19-docker-cgroup1-excerpt', NAMED],
  ['node-6.12-group-of-4', []],
  ['node-6.12-own-cgroup', []],
  ['node-6.12-qos-limits', []],
  ['x6.1-v2', []],
];

describe.each(RECORDINGS)('explain of %s', (name, flags) => {
  test.each([
    ['80.txt', { columns: 80 }, []],
    ['200.txt', { columns: 200 }, []],
    ['md', {}, ['-o', 'markdown']],
    ['json', {}, ['-o', 'json']],
  ] as const)('%s', async (extension, surroundings, more) => {
    const args = ['explain', '--color', 'never', ...flags, ...more, recording(name)];
    const { code, stdout } = await runFake(args, surroundings);
    expect(code).toBe(0);
    await expect(stdout).toMatchFileSnapshot(`../testdata/explain/${name}.${extension}`);
  });
});

describe('explain', () => {
  test('sums up as replay does', async () => {
    const { stderr } = await runFake(['explain', SINGLE]);
    expect(stderr).toBe((await runFake(['replay', SINGLE])).stderr);
  });

  test('reads standard input, and several logs', async () => {
    const stdin = readFileSync(SINGLE, 'latin1');
    const one = await runFake(['explain', SINGLE]);
    expect(await runFake(['explain', '-'], { stdin })).toEqual(one);
    const { stdout } = await runFake(['explain', SINGLE, SINGLE]);
    expect(stdout).toBe(`${one.stdout}\n${one.stdout}`);
  });

  test('is as wide as a terminal, and 80 columns in a pipe', async () => {
    const [pipe, terminal] = [
      await runFake(['explain', SINGLE]),
      await runFake(['explain', '--color', 'never', SINGLE], { columns: 80 }),
    ];
    expect(pipe.stdout).toBe(terminal.stdout);
  });

  test.each([
    ['a terminal', { columns: 80 }, [], true],
    ['a pipe', {}, [], false],
    ['a terminal with NO_COLOR', { columns: 80, env: { NO_COLOR: '1' } }, [], false],
    ['a terminal with an empty NO_COLOR', { columns: 80, env: { NO_COLOR: '' } }, [], true],
    ['a terminal and never', { columns: 80 }, ['--color', 'never'], false],
    ['a pipe and always', {}, ['--color', 'always'], true],
    ['always and NO_COLOR', { env: { NO_COLOR: '1' } }, ['--color', 'always'], true],
  ] as const)('on %s', async (_where, surroundings, flags, isColoured) => {
    const { stdout } = await runFake(['explain', ...flags, SINGLE], surroundings);
    expect(stdout.includes('\x1b[')).toBe(isColoured);
  });

  test('knows the time of day only where it is told when the system booted', async () => {
    expect((await runFake(['explain', SINGLE])).stdout).toContain('906.355 s after boot');
    const { stdout } = await runFake(['explain', '--boot-time', '2026-11-22T11:00:00Z', SINGLE]);
    expect(stdout).toContain('2026-11-22T11:15:06');
  });

  test.each([
    ['-o', 'yaml'],
    ['--color', 'sometimes'],
  ])('%s %s is wrong usage', async (flag, value) => {
    expect((await runFake(['explain', flag, value, SINGLE])).code).toBe(2);
  });

  test('a file that is not there is a failure', async () => {
    const { code, stderr } = await runFake(['explain', 'no-such-file']);
    expect(code).toBe(1);
    expect(stderr).toContain('[E_');
  });
});
