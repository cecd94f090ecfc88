import { mkdtempSync, rmSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test as base } from 'vitest';
import { installPlugin, pluginEnv } from '../../hack/install-plugin.ts';
import { bundle } from '../../hack/bundle.ts';
import { resolveBinaries } from '../../hack/control-plane/binaries.ts';
import { runPlugin } from '../support/kubectl-plugin.ts';
import { haveTools } from '../support/test-tools.ts';

/** Both programs on a PATH, by their names. */
const test = base.extend<{ env: NodeJS.ProcessEnv }>({
  env: [
    // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern
    async ({}, use) => {
      const directory = mkdtempSync(join(tmpdir(), 'completion-'));
      await installPlugin(directory);
      await rename(await bundle(directory), join(directory, 'oom-recorder'));
      await use(pluginEnv(directory, { ...process.env, HOME: directory }));
      rmSync(directory, { recursive: true });
    },
    { scope: 'file' },
  ],
});

/** What each shell offers for a line. bash is driven by its variables; zsh by its own, with what it shows printed. */
const SHELLS = {
  bash: `source <($1 completion bash)
    COMP_LINE="$2" COMP_POINT=\${#COMP_LINE}
    "$(complete -p $1 | cut -d' ' -f3)" && printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: `compdef() { function=$1 }
    compset() { : }
    _describe() { print -l -- \${(P)2%%:*} }
    _files() { print -l -- \${\${(M)words[CURRENT]%%[^=]#}:-.}* }
    setopt extendedglob
    source <($1 completion zsh)
    words=("\${(@s: :)2}") CURRENT=$#words
    $function`,
  fish: `$argv[1] completion fish | source
    complete -C $argv[2] | string replace -r '\\t.*' ''`,
} as const;

const LINES = [
  ['oom-recorder re', ['replay']],
  ['oom-recorder run --node-events ', ['on', 'off']],
  ['oom-recorder explain --col', ['--color']],
  ['oom-recorder explain --color a', ['auto', 'always']],
  ['kubectl-oom -A --sort-by c', ['container', 'count']],
  ['kubectl-oom web-0 -o ', ['wide', 'json', 'yaml', 'name']],
] as const;

describe.for(['bash', 'zsh', 'fish'] as const)('%s', async (shell) => {
  const isHere = await haveTools(shell);

  for (const [line, values] of LINES) {
    test(`completes ${line}`, async ({ env, skip }) => {
      skip(!isHere);
      const [program = ''] = line.split(' ');
      const before = shell === 'fish' ? [] : [shell];
      const args = ['-c', SHELLS[shell], ...before, program, line];
      const { stdout, stderr } = await runPlugin(shell, args, env);
      expect(stderr).toBe('');
      expect(stdout.trim().split('\n').toSorted()).toEqual([...values].toSorted());
    });
  }
});

test('fish completes files', async ({ env, skip }) => {
  skip(!(await haveTools('fish')));
  const script = `oom-recorder completion fish | source; complete -C 'oom-recorder run --kmsg /de'`;
  const { stdout } = await runPlugin('fish', ['-c', script], env);
  expect(stdout).toMatch(/^\/dev\//m);
});

test('bash completes what stands behind =, and files', async ({ env }) => {
  const complete = (line: string) =>
    runPlugin('bash', ['-c', SHELLS.bash, 'bash', 'oom-recorder', line], env);
  expect((await complete('oom-recorder explain --color=n')).stdout).toBe('never\n');
  expect((await complete('oom-recorder run --kmsg /dev/nul')).stdout).toBe('/dev/null\n');
  expect((await complete('oom-recorder run --kmsg=/dev/nul')).stdout).toBe('/dev/null\n');
});

test('kubectl completes its plugin', async ({ env }) => {
  const { kubectl } = await resolveBinaries();
  const { stdout } = await runPlugin(kubectl, ['__complete', 'oom', '-A', '--sort-by', 'c'], env);
  expect(stdout).toMatch(/^container\t?\ncount\t?\n:4\n/);
});
