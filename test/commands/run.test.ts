import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const ONE_KILL = 'test/testdata/kmsg/linux-6.18-cgroup1-single.kmsg';

/** A start takes a second where nobody else wants the processor; what spins does not end at all. */
const END_WITHIN_MS = 20_000;

/** Reads one kill and prints its Event, with a state directory that can never be made. */
function runWithout(...flags: readonly string[]) {
  // From now on, or a kill older than an hour on this machine's clock has no Event.
  const from = [`--kmsg=${ONE_KILL}`, '--start-at=now'];
  const options = [...from, '--dry-run', '--listen=none', '--log-format=json'];
  return spawnSync(
    process.execPath,
    [MAIN, 'run', ...options, '--output=ndjson', '--state-dir=/proc/foo/bar', ...flags],
    { encoding: 'utf8', timeout: END_WITHIN_MS, killSignal: 'SIGKILL' },
  );
}

test('a state directory that can never be made ends the agent in plain words', () => {
  const { status, stdout, stderr } = runWithout();
  expect(stderr).toMatch(
    /^error: Opening the state directory \/proc\/foo\/bar\/printed: \/proc\/foo: there is no such file\. .*--state-optional \[E_STATE_DIRECTORY\]\n$/,
  );
  expect(stdout).toBe('');
  expect(status).toBe(2);
});

test('where it is optional it costs no kill, and its cause is told once', () => {
  const { status, stdout, stderr } = runWithout('--state-optional');
  expect(status).toBe(0);
  expect(stdout).toMatch(/Memory limit of .* reached/);
  const said = stderr.split('\n').find((line) => line.includes('E_STATE_UNWRITABLE')) ?? '{}';
  const { message } = JSON.parse(said).err;
  expect(message).toMatch(/\/proc\/foo\/bar.*mkdir '\/proc\/foo'.*--state-dir\.$/);
  expect(message.match(/ENOENT/g)).toHaveLength(1);
  expect(stderr).not.toContain('"stack"');
});
