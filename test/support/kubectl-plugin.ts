import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { installPlugin, pluginEnv } from '../../hack/install-plugin.ts';
import { testWithCluster } from './cluster.ts';

/** A real kubectl that has the plugin on its PATH, for a cluster of the file's own. */
export interface Plugin {
  readonly cluster: ControlPlane;
  readonly env: NodeJS.ProcessEnv;
}

/** A `test` that brings `{ cluster, plugin }`. */
export function testWithPlugin() {
  return testWithCluster().extend<{ plugin: Plugin }>({
    plugin: [
      async ({ cluster }, use) => {
        const directory = mkdtempSync(join(tmpdir(), 'kubectl-oom-'));
        await installPlugin(directory);
        await use({ cluster, env: pluginEnv(directory, cluster.env) });
        rmSync(directory, { recursive: true });
      },
      { scope: 'file' },
    ],
  });
}

/** Runs `kubectl oom` to its end. */
export function oom({ env }: Plugin, ...args: readonly string[]): Promise<PluginRun> {
  return runPlugin('kubectl', ['oom', ...args], env);
}

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

/** Runs a command to its end. */
export async function runPlugin(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd?: string,
): Promise<PluginRun> {
  const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
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
