import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { bundleKubectlOom } from '../../hack/bundle.ts';

/** What a command said and how it ended. */
export interface PluginRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that goes on, such as a watch. */
export interface RunningPlugin extends AsyncDisposable {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** @returns the exit code */
  stop(): Promise<number | null>;
}

/** Puts `kubectl-oom` into a directory, as npm would: an executable, found by its name. */
export async function installPlugin(directory: string): Promise<void> {
  const { outfile } = await bundleKubectlOom(directory);
  await rename(outfile, join(directory, 'kubectl-oom'));
}

/** The environment in which a kubectl finds the plugin, and the plugin the Node that tests run on. */
export function pluginEnv(directory: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const node = join(process.execPath, '..');
  return { ...env, PATH: [directory, node, env['PATH']].join(delimiter) };
}

/** Runs a command to its end. */
export async function runPlugin(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<PluginRun> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = collect(child);
  await once(child, 'close');
  return { code: child.exitCode, stdout: said.stdout(), stderr: said.stderr() };
}

/** Starts a command that goes on until it is stopped. */
export function startPlugin(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): RunningPlugin {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const stop = async (): Promise<number | null> => {
    child.kill('SIGINT');
    await closed;
    return child.exitCode;
  };
  return {
    ...collect(child),
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

function collect(child: ChildProcessByStdio<null, Readable, Readable>) {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return { stdout: () => stdout, stderr: () => stderr };
}
