import { describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli.ts';
import { runKubectlOom } from '../../src/kubectl-cli.ts';
import { runFakeProgram } from '../support/fake-edge.ts';

const PROGRAMS = { 'oom-recorder': runCli, 'kubectl-oom': runKubectlOom } as const;

async function completed(line: string): Promise<string> {
  const [name, ...words] = line.split(' ');
  const program = PROGRAMS[name as keyof typeof PROGRAMS];
  const { code, stdout } = await runFakeProgram(program, ['__complete', ...words]);
  expect(code).toBe(0);
  return stdout
    .replaceAll(/\t.*$/gm, '')
    .split('\n')
    .filter((value) => value !== '')
    .join(' ');
}

describe('what may come next', () => {
  test.each([
    ['oom-recorder ', 'run replay explain history doctor completion help :4'],
    ['oom-recorder re', 'replay :4'],
    ['oom-recorder completion ', 'bash zsh fish :4'],
    ['oom-recorder run --node-e', '--node-events :4'],
    ['oom-recorder run --node-events ', 'on off :4'],
    ['oom-recorder run --node-events=o', '--node-events=on --node-events=off :4'],
    ['oom-recorder run --kmsg ', ':0'],
    ['oom-recorder run --dry-run --log-level d', 'debug :4'],
    ['oom-recorder replay a.txt ', ':0'],
    ['oom-recorder replay -o ', 'table wide json yaml ndjson :4'],
    ['oom-recorder replay -- -', ':0'],
    ['oom-recorder run ', ':4'],
    ['oom-recorder doctor --trust', ':4'],
    ['kubectl-oom -A --sort', '--sort-by :4'],
    ['kubectl-oom web-0 -o ', 'wide json yaml name :4'],
    ['kubectl-oom --kubeconfig ', ':0'],
    [
      'kubectl-oom -n shop -',
      '--version --all-namespaces --namespace --selector --node --since --watch --sort-by --output --from-node --recorder-namespace --context --kubeconfig --help :4',
    ],
  ])('in %j is %s', async (line, words) => {
    expect(await completed(line)).toBe(words);
  });

  test('has its description behind a tab', async () => {
    const { stdout } = await runFakeProgram(runKubectlOom, ['__complete', '--watch']);
    expect(stdout).toBe('--watch\tgo on with what comes\n:4\n');
  });
});
