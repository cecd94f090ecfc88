import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Where progress goes, one line at a time. Never stdout: `make dev-cluster` prints one line there. */
export type Log = (line: string) => void;

export interface CommandOptions {
  readonly cwd?: string;
  /** The whole environment, nothing is added to it. This process's own by default. */
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Called with every line of stderr, as it comes. */
  readonly onErrorLine?: Log;
}

/** A build of minutes must not go on when whoever wanted it was killed. */
export async function runTied(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  await needCommands({ setpriv: 'util-linux' });
  return run('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args], options);
}

/** Runs a command to its end and returns its stdout; fails with its stderr in the message. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, env, input = '', onErrorLine }: CommandOptions = {},
): Promise<string> {
  const child = spawn(command, args, { cwd, env, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const line of text.split('\n')) if (line !== '') onErrorLine?.(line);
  });
  child.stdin.on('error', () => {}); // it ended without reading its input: its exit code tells why
  child.stdin.end(input);
  await once(child, 'close');
  if (child.exitCode !== 0) {
    const how = child.signalCode ?? `exit code ${child.exitCode}`;
    throw new Error(`${command} ${args.join(' ')} (${how}): ${stderr.trim() || stdout.trim()}`);
  }
  return stdout;
}

const NEED_COMMANDS = fileURLToPath(new URL('../need-commands.sh', import.meta.url));

/** Command → the Debian package that has it. */
export async function needCommands(packages: Readonly<Record<string, string>>): Promise<void> {
  const needs = Object.entries(packages).map(([command, name]) => `${command}=${name}`);
  await run(NEED_COMMANDS, needs, { onErrorLine: (line) => process.stderr.write(`${line}\n`) });
}
