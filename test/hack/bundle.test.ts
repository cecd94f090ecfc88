import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { bundle, bundleKubectlOom } from '../../hack/bundle.ts';
import manifest from '../../package.json' with { type: 'json' };
import { makeCertificate } from '../support/certificates.ts';
import { startMisbehavingServer } from '../support/misbehaving-server.ts';
import { tempDirectory } from '../support/temp-directory.ts';

/** Outside this project: there is no node_modules to fall back on. */
const directory = mkdtempSync(join(tmpdir(), 'bundle-'));
let program = '';

beforeAll(async () => {
  vi.stubEnv('OOM_RECORDER_COMMIT', 'of-this-test');
  program = await bundle(directory);
  vi.unstubAllEnvs();
}, 60_000);
afterAll(() => rmSync(directory, { recursive: true }));

function runBundle(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the bundle', () => {
  test('is one file and a binary, and a word on what the file is', () => {
    const files = ['koffi.node', 'oom-recorder.js', 'package.json'];
    expect(readdirSync(directory).toSorted()).toEqual(files);
  });

  test('is a string of one byte for each character', () => {
    expect(readFileSync(program, 'utf8')).not.toMatch(/[^\0-\xff]/);
  });

  test('loads no undici of Node’s own', () => {
    const said = `process.moduleLoadList.filter((name) => name.includes('undici'))`;
    const preload = join(tempDirectory(), 'preload.cjs');
    writeFileSync(preload, `process.on('exit', () => console.log(JSON.stringify(${said})));`);
    const { stdout } = spawnSync(process.execPath, ['-r', preload, program, '--version']);
    expect(String(stdout)).toContain('\n[]\n');
  });

  test('holds none of the classes that client-node generates', () => {
    expect(readFileSync(program, 'latin1')).not.toMatch(/CoreV1Event|attributeTypeMap/);
  });

  test.each([
    ['20.20.2', 1],
    ['24.11.1', 1],
    ['24.12.0', 0],
    ['26.0.0', 0],
  ])('says in a sentence which Node it needs where that is %s', (version, code) => {
    const preload = join(tempDirectory(), 'preload.cjs');
    const versions = `{ ...process.versions, node: '${version}' }`;
    writeFileSync(preload, `Object.defineProperty(process, 'versions', { value: ${versions} });`);
    const { status, stderr } = spawnSync(process.execPath, ['-r', preload, program, '--version']);
    const said = `error: oom-recorder needs Node.js 24.12 or newer, and this is ${version}: install one, or use the image, which has its own\n`;
    expect([status, String(stderr)]).toEqual([code, code === 0 ? '' : said]);
  });

  test('may be executed as it is', () => {
    expect(readFileSync(program, 'latin1')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(runBundle('--version')).toEqual({
      status: 0,
      stdout: `${manifest.version} (of-this-test)\n`,
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

  test('asks a cluster with what its exec plugin said', async () => {
    await using api = await startMisbehavingServer(makeCertificate('api'));
    const credential = JSON.stringify({
      kind: 'ExecCredential',
      apiVersion: 'client.authentication.k8s.io/v1',
      status: { token: 'of-the-plugin' },
    });
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'echo' };
    const kubeconfig = join(tempDirectory(), 'config');
    const config = {
      clusters: [{ name: 'c', cluster: { server: api.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user: { exec: { ...exec, args: [credential] } } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    writeFileSync(kubeconfig, JSON.stringify(config));
    const log = 'test/testdata/kmsg/linux-6.18-cgroup1-single.kmsg';
    const options = ['--node-name=node-1', '--listen=none', `--kubeconfig=${kubeconfig}`];
    const agent = spawn(process.execPath, [program, 'run', `--kmsg=${log}`, ...options]);
    onTestFinished(() => void agent.kill());

    await vi.waitUntil(() => api.requests.length > 0, { timeout: 30_000 });
    expect(api.requests[0]?.request.headers.authorization).toBe('Bearer of-the-plugin');
  });

  test('keeps the names of its errors', () => {
    const { status, stderr } = runBundle('replay', 'nowhere.kmsg');
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('[E_SAVED_LOG]'),
    });
  });
});

describe('the bundle of kubectl-oom', () => {
  test('takes none of the agent’s libraries along, and runs', async () => {
    const outDir = tempDirectory();
    const { outfile, inputs } = await bundleKubectlOom(outDir);
    const agents =
      /koffi|prom-client|\bpino|influxdb-client|src\/(?:store|telemetry|wiring|saved-logs)\//;
    expect(inputs.filter((input) => agents.test(input))).toEqual([]);
    const { status, stdout } = spawnSync(process.execPath, [outfile, '--version'], {
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringContaining(manifest.version),
    });
  });
});
