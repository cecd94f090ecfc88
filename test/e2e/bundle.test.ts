import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bundle } from '../../hack/bundle.ts';
import { startAgent } from '../support/agent-process.ts';
import { needsRoot } from '../support/needs-root.ts';
import { makeKill } from '../support/oom-kills.ts';
import { seen } from '../support/seen-kills.ts';

describe.skipIf(needsRoot())('the bundle on the real kernel', () => {
  test('reports a kill, far from any node_modules, and ends at once', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'bundle-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const program = await bundle(directory);
    const env = { PATH: process.env['PATH'] };
    await using agent = await startAgent(['--dry-run', '--output=ndjson'], env, program);
    expect(await seen(agent, await makeKill())).toContain('"reason":"OOMKilling"');
    expect(await agent.stop('SIGINT')).toBe(0);
  });
});
