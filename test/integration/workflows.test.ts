import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadYaml } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { resolveActionlint } from '../../hack/actionlint/resolve-actionlint.ts';
import { run } from '../../hack/control-plane/commands.ts';
import { findTool } from '../support/find-tool.ts';
import { haveTools } from '../support/test-tools.ts';

const ROOT = join(import.meta.dirname, '../..');
const FILES = globSync('.github/workflows/*.yaml', { cwd: ROOT });
/** For the scripts in them; without it actionlint looks at all but those. */
await haveTools('shellcheck');
const found = await findTool('actionlint', resolveActionlint);

interface Workflow {
  readonly permissions: object;
  readonly jobs: Readonly<Record<string, { readonly permissions?: object }>>;
}

describe('the workflows', () => {
  test.skipIf(found === undefined)('have nothing that actionlint finds', async () => {
    expect(FILES).not.toEqual([]);
    const actionlint = found ?? '';
    expect(await run(actionlint, ['-no-color', ...FILES], { cwd: ROOT })).toBe('');
    const input = 'on: push\njobs: { a: { runs-on: ubuntu-24.04, steps: [{ run: "${{ no }}" }] } }';
    await expect(run(actionlint, ['-'], { input })).rejects.toThrow('undefined variable "no"');
  });

  test.for(FILES)('%s takes actions by commit, and has no rights but those of each job', (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const used = text.match(/uses: .*/g) ?? [];
    for (const line of used) expect(line).toMatch(/^uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    const { permissions, jobs } = loadYaml<Workflow>(text);
    expect(permissions).toEqual({});
    for (const job of Object.values(jobs)) expect(job.permissions).toBeDefined();
  });

  test.for(FILES)('%s runs targets that there are', (file) => {
    const makefile = readFileSync(join(ROOT, 'Makefile'), 'utf8');
    const targets = [
      ...readFileSync(join(ROOT, file), 'utf8').matchAll(/\bmake (?<names>[a-z -]+)$/gm),
    ];
    for (const name of targets.flatMap(({ groups }) => groups?.['names']?.split(' ') ?? []))
      expect(makefile).toMatch(new RegExp(`^${name}: `, 'm'));
  });
});
