import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle } from '../../hack/bundle.ts';
import manifest from '../../package.json' with { type: 'json' };

/** Outside this project: there is no node_modules to fall back on. */
const directory = mkdtempSync(join(tmpdir(), 'bundle-'));
let program = '';

beforeAll(async () => {
  program = await bundle(directory);
}, 60_000);
afterAll(() => rmSync(directory, { recursive: true }));

function runBundle(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the bundle', () => {
  test('is one file and a binary', () => {
    expect(readdirSync(directory).toSorted()).toEqual(['koffi.node', 'oom-recorder.js']);
  });

  test('holds none of the classes that client-node generates', () => {
    expect(readFileSync(program, 'latin1')).not.toMatch(/CoreV1Event|attributeTypeMap/);
  });

  test('may be executed as it is', () => {
    expect(readFileSync(program, 'latin1')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(runBundle('--version')).toEqual({
      status: 0,
      stdout: `${manifest.version}\n`,
      stderr: '',
    });
  });

  test('replays a recording as the sources do', () => {
    const name = 'linux-6.18-cgroup1-storm25';
    const log = `test/testdata/kmsg/${name}.kmsg`;
    const { status, stdout } = runBundle('replay', '-o', 'ndjson', '--node-name=node-1', log);
    expect(status).toBe(0);
    expect(stdout).toBe(readFileSync(`test/testdata/golden/${name}.ndjson`, 'utf8'));
  });

  test('keeps the names of its errors', () => {
    const { status, stderr } = runBundle('replay', 'nowhere.kmsg');
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('[E_SAVED_LOG]'),
    });
  });
});
