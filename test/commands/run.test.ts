import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const ONE_KILL = 'test/testdata/kmsg/linux-6.18-cgroup1-single.kmsg';

/** A start takes a second where nobody else wants the processor; what spins does not end at all. */
const END_WITHIN_MS = 20_000;

test('a state directory that can never be made is told in plain words, and costs no kill', () => {
  // From now on, or a kill older than an hour on this machine's clock has no Event.
  const from = [`--kmsg=${ONE_KILL}`, '--start-at=now'];
  const options = [...from, '--dry-run', '--listen=none', '--log-format=json'];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [MAIN, 'run', ...options, '--output=ndjson', '--state-dir=/proc/foo/bar'],
    { encoding: 'utf8', timeout: END_WITHIN_MS, killSignal: 'SIGKILL' },
  );
  expect(status).toBe(0);
  expect(stdout).toMatch(/Memory limit of .* reached/);
  expect(stderr).toMatch(
    /"E_STATE_UNWRITABLE","message":"[^"]*\/proc\/foo\/bar[^"]*mkdir '\/proc\/foo'[^"]*--state-dir/,
  );
  expect(stderr).not.toContain('"stack"');
});
